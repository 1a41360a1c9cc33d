"""Generators of this library under its own names, as ``module.state_dict()`` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from torch import Tensor

from lamakit.checkpoints.layout import indices, side
from lamakit.generators import ResNetGenerator, lama_dilated, lama_fourier, lama_regular

__all__ = ["infer"]


def infer(state_dict: Mapping[str, Tensor]) -> partial[ResNetGenerator] | None:
    """What builds the generator that these weights are of; None if their names are not ours."""
    levels = indices(state_dict, r"encoder\.(\d+)\.0\.weight")
    blocks = indices(state_dict, r"bottleneck\.(\d+)\..+")
    if not levels or not blocks:
        return None
    base_channels = max(side(state_dict, 0, "encoder.0.0.weight"), 1)
    last = max(indices(state_dict, r"decoder\.(\d+)\.0\.weight"), default=0)
    common = partial(
        lama_regular,
        in_channels=max(side(state_dict, 1, "encoder.0.0.weight"), 1),
        out_channels=max(side(state_dict, 0, f"decoder.{last}.0.weight"), 1),
        num_blocks=max(blocks) + 1,
        base_channels=base_channels,
        num_downsamplings=max(levels),
    )
    if any(".ffc." in name for name in state_dict):
        reduce = "bottleneck.0.conv1.ffc.global_to_global.reduce.0.weight"
        return partial(
            lama_fourier,
            **common.keywords,
            ratio=min(side(state_dict, 1, reduce) / (base_channels << max(levels)), 1),
            local_fourier_unit=any(".local_fourier_unit." in name for name in state_dict),
        )
    groups = indices(state_dict, r"bottleneck\.\d+\.conv1\.convs\.(\d+)\..+", most=15)
    if groups:
        dilations = tuple(2**power for power in range(max(groups) + 1))
        return partial(lama_dilated, **common.keywords, dilations=dilations)
    return common
