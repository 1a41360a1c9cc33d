"""Small networks, and their state dicts under published names."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from lamakit.checkpoints import to_published_state_dict
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator, create_generator
from tests.helpers import assert_same_tensors

FAMILIES = ["lama_fourier", "lama_regular", "lama_dilated"]


def small(name: str = "lama_fourier", **overrides: Any) -> ResNetGenerator:
    return create_generator(name, base_channels=4, num_blocks=1, **overrides).eval()


def published(name: str = "lama_fourier", **overrides: Any) -> dict[str, Tensor]:
    """Return a state dict of a generator with two blocks."""
    return to_published_state_dict(
        create_generator(name, base_channels=4, num_blocks=2, **overrides)
    )


def published_discriminator(**overrides: Any) -> dict[str, Tensor]:
    return to_published_state_dict(PatchDiscriminator(base_channels=4, **overrides))


def prefixed(prefix: str, state_dict: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: value for name, value in state_dict.items()}


def assert_same(found: nn.Module, expected: nn.Module) -> None:
    assert_same_tensors(found.state_dict(), expected.state_dict())
