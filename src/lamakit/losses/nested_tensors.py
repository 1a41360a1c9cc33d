"""Logits and feature maps as they come: a tensor, a list of tensors, or lists of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, Union

import torch
from torch import Tensor

NestedTensors: TypeAlias = Union[Tensor, Sequence["NestedTensors"]]  # noqa: UP007 (of a string)
"""A tensor, or a list of such: one for each scale of a discriminator, for example."""


def flatten_tensors(name: str, value: NestedTensors) -> list[Tensor]:
    """Return the tensors of nested lists, in order; a tensor is the only one of its list.

    Args:
        name: the argument's name, for messages.
        value: a tensor, or a list or tuple of such or of further lists.

    Raises:
        TypeError: if it is something else, or holds something else.
    """
    if isinstance(value, Tensor):
        return [value]
    if not isinstance(value, (list, tuple)):
        raise TypeError(
            f"{name} must be a torch.Tensor or a list of them, got {type(value).__name__}"
        )
    return [x for i, v in enumerate(value) for x in flatten_tensors(f"{name}[{i}]", v)]


def flatten_logits(name: str, logits: NestedTensors) -> list[Tensor]:
    """Return the logits of each scale; raise if there are feature maps among them.

    Feature maps have other numbers of channels than the logits that are computed from them.

    Args:
        name: the argument's name, for messages.
        logits: a tensor, or one for each scale, in lists or lists of lists.
    """
    scales = flatten_tensors(name, logits)
    if not scales:
        raise ValueError(f"{name} is empty: give at least one tensor of logits")
    channels = sorted({tuple(scale.shape[1:2]) for scale in scales})
    if len(channels) > 1:
        counts = ", ".join(str(count[0]) if count else "none" for count in channels)
        raise ValueError(
            f"{name} must be logits alone, all with as many channels, got {counts} channels; are "
            "there feature maps among them? Give discriminator(image).logits, or [scale[-1] for "
            "scale in output]; what an objective calls returns the tuple (logits, features)"
        )
    return scales


def mean_over_scales(
    loss: Callable[[Tensor, Tensor | float], Tensor],
    logits: NestedTensors,
    labels: NestedTensors | float,
    name: str = "logits",
) -> Tensor:
    """Return the mean, over scales, of the loss of the logits of one scale for their labels.

    Args:
        loss: from logits and labels to a scalar.
        logits: a tensor, or one for each scale.
        labels: a number, the same for all logits, or as many tensors as there are logits.
        name: the name of the logits, for messages.
    """
    scales = flatten_logits(name, logits)
    if isinstance(labels, (int, float)):
        return torch.stack([loss(scale, labels) for scale in scales]).mean()
    each = flatten_tensors("labels", labels)
    check_as_many(name, scales, "labels", each)
    return torch.stack([loss(*pair) for pair in zip(scales, each, strict=True)]).mean()


def check_as_many(name: str, tensors: list[Tensor], other_name: str, others: list[Tensor]) -> None:
    """Raise unless both lists have one length."""
    if len(tensors) != len(others):
        raise ValueError(
            f"{name} and {other_name} must be as many, got {len(tensors)} and {len(others)}"
        )
