"""From many numbers to one: the mean over a region, and the sum or mean over layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from lamakit._checks import check_non_negative, check_one_of
from lamakit._dtypes import at_least_float32

__all__ = [
    "REDUCTIONS",
    "Reduction",
    "check_layer_weights",
    "masked_mean",
    "reduce",
    "reduce_layers",
]

Reduction = Literal["mean", "sum"]
REDUCTIONS = ("mean", "sum")


def masked_mean(values: Tensor, weight: Tensor) -> Tensor:
    """The weighted mean of the values; 0, with zero gradient, where the weight is 0 everywhere.

    Args:
        values: what is averaged. Half precision and bfloat16 are summed in float32.
        weight: how much each value counts, from 0 up; a mask means over the missing region. It is
            repeated over whatever dimensions it lacks, channels for one.

    Shape:
        - values: (B, C, H, W), or any other
        - weight: (B, 1, H, W), or any that broadcasts to that of ``values``
        - Output: a scalar

    Example:
        >>> import torch
        >>> values, mask = torch.tensor([[[[1.0, 2.0, 6.0]]]]), torch.tensor([[[[0.0, 1.0, 1.0]]]])
        >>> masked_mean(values, mask), masked_mean(values, 1 - mask), masked_mean(values, 0 * mask)
        (tensor(4.), tensor(1.), tensor(0.))
    """
    values, weight = at_least_float32(values), at_least_float32(weight)
    total = weight.expand_as(values).sum()
    return (values * weight).sum() / total.clamp(min=torch.finfo(total.dtype).tiny)


def reduce(values: Tensor, reduction: Reduction) -> Tensor:
    """The mean or the sum of all values."""
    return values.mean() if reduction == "mean" else values.sum()


def reduce_layers(
    values: Sequence[Tensor], reduction: Reduction, weights: Sequence[float] | None
) -> Tensor:
    """The mean or the sum of one scalar a layer, each times its weight."""
    check_one_of("layer_reduction", reduction, REDUCTIONS)
    if not values:
        raise ValueError("there are no feature maps to compare: give at least one")
    if weights is not None and len(weights) != len(values):
        raise ValueError(
            f"layer_weights has {len(weights)} entries, but there are {len(values)} feature maps: "
            "give one a map"
        )
    stacked = torch.stack(list(values))
    if weights is not None:
        stacked = stacked * torch.tensor(weights, dtype=stacked.dtype, device=stacked.device)
    return reduce(stacked, reduction)


def check_layer_weights(
    layer_reduction: str, layer_weights: Sequence[float] | None
) -> tuple[float, ...] | None:
    """The weights as a tuple; raise unless they and the reduction make sense."""
    check_one_of("layer_reduction", layer_reduction, REDUCTIONS)
    for number, weight in enumerate(layer_weights or ()):
        check_non_negative(f"layer_weights[{number}]", weight)
    return None if layer_weights is None else tuple(layer_weights)
