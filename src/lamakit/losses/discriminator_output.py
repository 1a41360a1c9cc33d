"""What a discriminator is called with, and what it may return."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lamakit._checks import check_batch
from lamakit._dtypes import at_least_float32
from lamakit._models import first_parameter, unwrap, without_fabric
from lamakit.losses.nested_tensors import NestedTensors
from lamakit.losses.objective_terms import Discriminator


class Judgement(NamedTuple):
    """What a discriminator said of an image: logits, and feature maps or None."""

    logits: NestedTensors
    features: NestedTensors | None


def judge(discriminator: Discriminator, image: Tensor, condition: Tensor | None) -> Judgement:
    """Return what a discriminator says of an image, given a condition unless that is None.

    Logits and feature maps may be tensors, lists of them or lists of lists. A tuple of two is the
    pair of both, and so is a list of a tensor and a list. Everything else is logits alone.

    Raises:
        TypeError: if the discriminator returned nothing of that kind.
        ValueError: if it returned two tensors that look both like logits.
    """
    output = discriminator(image) if condition is None else discriminator(image, condition)
    if isinstance(output, Tensor):
        return Judgement(output, None)
    if not isinstance(output, (tuple, list)):
        raise TypeError(
            "discriminator must return (logits, features), or logits alone, got "
            f"{type(output).__name__}"
        )
    if len(output) != 2 or (isinstance(output, list) and not _is_pair(output)):
        return Judgement(output, None)
    logits, features = output
    if (
        isinstance(logits, Tensor)
        and isinstance(features, Tensor)
        and logits.shape[1:2] == features.shape[1:2]
    ):
        raise ValueError(
            "discriminator returned a tuple of two tensors with as many channels: return the list "
            "[first, second] if they are logits at two scales, or (logits, [map]) if the second is "
            "a feature map"
        )
    return Judgement(logits, features)


def judge_in_full_precision(
    discriminator: Discriminator, image: Tensor, condition: Tensor | None
) -> tuple[NestedTensors, Tensor]:
    """Return the logits of an image, and the copy of it that they can be differentiated by."""
    device = image.device.type
    image = image.detach()
    # Fabric's wrapper would compute in its precision, and refuse the gradient.
    inner = without_fabric(discriminator)
    parameter = first_parameter(inner)
    if inner is not discriminator and parameter is not None:
        image = image.to(parameter.dtype)  # as the wrapper would
    elif torch.is_autocast_enabled(device):
        image = at_least_float32(image)
    if condition is not None and condition.is_floating_point():
        condition = condition.to(image.dtype)
    image.requires_grad_()  # of the detached tensor, not of the caller's
    with torch.autocast(device, enabled=False), _without_accelerate(inner):
        return judge(inner, image, condition).logits, image


@contextmanager
def _without_accelerate(discriminator: Discriminator) -> Iterator[None]:
    """Let a discriminator's own forward be called, not accelerate's, which sets a precision."""
    module = unwrap(discriminator)
    attributes = vars(module) if isinstance(module, nn.Module) else {}
    if not {"forward", "_original_forward"} <= attributes.keys():
        yield
        return
    prepared = attributes["forward"]  # by Accelerator.prepare, in place of the class's method
    try:
        attributes["forward"] = attributes["_original_forward"]
        yield
    finally:
        attributes["forward"] = prepared


def check_condition(condition: Tensor | None, target: Tensor) -> None:
    """Raise unless a condition is None, or a tensor with as many entries as there are images."""
    if condition is None:
        return
    if not isinstance(condition, Tensor):
        raise TypeError(f"condition must be a torch.Tensor, got {type(condition).__name__}")
    if not condition.ndim:
        raise ValueError("condition must have the batch first, got a tensor without dimensions")
    check_batch("condition", condition, "target", target)


def _is_pair(output: list[NestedTensors]) -> bool:
    """Return whether a list of two holds logits and a list of feature maps."""
    return isinstance(output[0], Tensor) and not isinstance(output[1], Tensor)
