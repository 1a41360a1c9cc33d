"""Reductions to one number: the mean over a region, and the mean or sum over layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from lamakit._checks import check_one_of
from lamakit._dtypes import at_least_float32
from lamakit.losses.layer_weights import check_layer_weights
from lamakit.losses.nested_tensors import NestedTensors, check_as_many, flatten_tensors

Reduction = Literal["mean", "sum"]
REDUCTIONS = ("mean", "sum")


def masked_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted mean sum(values * weight) / sum(weight).

    It is 0, with zero gradient, where the weight is 0 everywhere.

    Args:
        values: what is averaged. Half precision and bfloat16 are summed in float32.
        weight: how much each value counts, from 0 up; with a mask, the mean is over the missing
            region. It is repeated over the dimensions that it lacks, such as the channels.

    Shape:
        - values: (B, C, H, W), or any other
        - weight: (B, 1, H, W), or any that broadcasts to that of ``values``
        - Output: a scalar

    Raises:
        ValueError: if the weight does not broadcast to the shape of ``values``.

    Example:
        >>> import torch
        >>> values, mask = torch.tensor([[[[1.0, 2.0, 6.0]]]]), torch.tensor([[[[0.0, 1.0, 1.0]]]])
        >>> masked_mean(values, mask), masked_mean(values, 1 - mask), masked_mean(values, 0 * mask)
        (tensor(4.), tensor(1.), tensor(0.))
    """
    pairs = zip(reversed(values.shape), reversed(weight.shape), strict=False)
    if weight.ndim > values.ndim or any(w not in {1, v} for v, w in pairs):
        raise ValueError(
            f"weight must broadcast to the shape of values, {tuple(values.shape)}, got "
            f"{tuple(weight.shape)}; the values come first"
        )
    values, weight = at_least_float32(values), at_least_float32(weight)
    total = weight.expand_as(values).sum()
    return (values * weight).sum() / total.clamp(min=torch.finfo(total.dtype).tiny)


def reduce(values: Tensor, reduction: Reduction) -> Tensor:
    """Return the mean or the sum of all values."""
    return values.mean() if reduction == "mean" else values.sum()


def compare_layers(
    distance: Callable[[int, Tensor, Tensor], Tensor],
    prediction_features: NestedTensors,
    target_features: NestedTensors,
    reduction: Reduction,
    weights: Sequence[float] | None,
) -> Tensor:
    """Return the mean or the sum, over layers, of the weighted distance of two feature maps.

    Args:
        distance: from a layer's number and its two feature maps to a scalar; it checks the maps.
        prediction_features: a feature map per layer, in a list or lists of lists.
        target_features: likewise.
        reduction: whether the layers' distances are averaged or added up.
        weights: a factor per layer, from 0 up; None for 1.
    """
    check_one_of("layer_reduction", reduction, REDUCTIONS)
    weights = check_layer_weights(weights)
    predictions = flatten_tensors("prediction_features", prediction_features)
    targets = flatten_tensors("target_features", target_features)
    check_as_many("prediction_features", predictions, "target_features", targets)
    count = len(predictions)
    if not count:
        raise ValueError("there are no feature maps to compare: give at least one")
    if weights is not None and len(weights) != count:
        raise ValueError(
            f"layer_weights has {len(weights)} entries, but there are {count} feature maps: "
            "give one a map"
        )
    pairs = zip(predictions, targets, strict=True)
    stacked = torch.stack([distance(number, *pair) for number, pair in enumerate(pairs)])
    if weights is not None:
        stacked = stacked * torch.tensor(weights, dtype=stacked.dtype, device=stacked.device)
    return reduce(stacked, reduction)
