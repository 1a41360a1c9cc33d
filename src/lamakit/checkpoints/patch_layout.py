"""The published patch discriminator: how it is recognised, and what its tensors are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from torch import Tensor

from lamakit.checkpoints.layout import CONVOLUTION, NORM, Entry, indices, same, side
from lamakit.discriminators import PatchDiscriminator

__all__ = ["discriminator_layout", "infer"]


def infer(state_dict: Mapping[str, Tensor]) -> partial[PatchDiscriminator] | None:
    """What builds the discriminator that these weights are of; None if they are none's."""
    stages = indices(state_dict, r"model(\d+)\.[01]\.(?:weight|bias)")
    if max(stages, default=0) < 2:
        return None
    return partial(
        PatchDiscriminator,
        max(side(state_dict, 1, "model0.0.weight"), 1) if "model0.0.weight" in state_dict else 3,
        base_channels=max(side(state_dict, 0, "model0.0.weight", "model0.0.bias"), 1),
        num_layers=max(stages) - 1,
    )


def discriminator_layout(model: PatchDiscriminator) -> Iterator[Entry]:
    """The layout of a discriminator with batch normalisation and no spectral normalisation."""
    for number in range(len(model.stages)):
        yield from same(f"stages.{number}.0.", f"model{number}.0.", CONVOLUTION)
        if number:
            yield from same(f"stages.{number}.1.", f"model{number}.1.", NORM)
    yield from same("head.", f"model{len(model.stages)}.0.", CONVOLUTION)
