"""Inputs that several tests of losses share."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from lamakit.discriminators import PatchDiscriminator
from tests.helpers import rectangle_mask, seeded

__all__ = ["batch", "box_mask", "discriminator", "gradients", "rand", "seeds", "sides"]

sides = st.integers(1, 9)
seeds = st.integers(0, 99)


def rand(*shape: int, seed: int = 0) -> Tensor:
    """Return random numbers in [0, 1), in float64."""
    return torch.rand(*shape, generator=seeded(seed), dtype=torch.float64)


def box_mask(height: int = 8, width: int = 8) -> Tensor:
    """Return a mask with a hole of 4x4 pixels, in float64."""
    return rectangle_mask(height, width, slice(2, 6), slice(3, 7)).double()


def discriminator(**settings: Any) -> PatchDiscriminator:
    """Return a small discriminator, the same at every call."""
    torch.manual_seed(0)
    return PatchDiscriminator(base_channels=4, num_layers=2, **settings)


def batch(n: int = 4, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Return prediction, target and mask; the prediction requires a gradient."""
    prediction, target = torch.rand(2, n, 3, 24, 20, generator=seeded(), dtype=dtype)
    mask = rectangle_mask(24, 20, slice(4, 16), slice(6, 12), batch=n).to(dtype)
    return prediction.requires_grad_(), target, mask


def gradients(module: nn.Module) -> list[Tensor | None]:
    """Return a copy of each parameter's gradient, None where there is none."""
    return [None if p.grad is None else p.grad.clone() for p in module.parameters()]
