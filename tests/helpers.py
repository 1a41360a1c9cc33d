"""Helpers that several test files share."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

__all__ = ["assert_same_tensors", "rectangle_mask", "seeded", "state_of"]


def seeded(seed: int = 0) -> torch.Generator:
    """Return a generator of random numbers with that seed."""
    return torch.Generator().manual_seed(seed)


def rectangle_mask(height: int, width: int, rows: slice, columns: slice, batch: int = 1) -> Tensor:
    """Return masks (batch, 1, height, width) that are 1 in a rectangle."""
    mask = torch.zeros(batch, 1, height, width)
    mask[:, :, rows, columns] = 1
    return mask


def assert_same_tensors(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Assert that both hold the same tensors under the same names, bit for bit."""
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name


def state_of(module: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a module's state dict."""
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}
