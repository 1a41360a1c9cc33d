"""Checks of arguments: each error says what came, what was expected and what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = [
    "check_at_least",
    "check_batch",
    "check_choices",
    "check_feature_map",
    "check_fraction",
    "check_image_and_mask",
    "check_non_negative",
    "check_one_of",
    "check_positive",
    "check_same_shape",
    "check_sides",
    "check_size",
]


def check_at_least(name: str, value: int, minimum: int) -> None:
    """Raise unless ``value`` is an integer of at least ``minimum``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, got {value!r} of type {type(value).__name__}")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value}")


def check_choices(name: str, values: Sequence[int], minimum: int) -> tuple[int, ...]:
    """The values, or raise unless there are any, all integers of at least ``minimum``."""
    if not values:
        raise ValueError(f"{name} must not be empty: one of them is drawn for each mask")
    for number, value in enumerate(values):
        check_at_least(f"{name}[{number}]", value, minimum)
    return tuple(values)


def check_fraction(name: str, value: float) -> None:
    """Raise unless ``value`` lies in [0, 1]."""
    _check_number(name, value)
    if math.isnan(value) or not 0 <= value <= 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value}")


def check_non_negative(name: str, value: float) -> None:
    """Raise unless ``value`` is a finite number of at least 0."""
    _check_number(name, value)
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be finite and at least 0, got {value}")


def check_positive(name: str, value: float) -> None:
    """Raise unless ``value`` is a number above 0."""
    _check_number(name, value)
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be above 0 and finite, got {value}")


def check_size(name: str, size: object) -> None:
    """Raise unless ``size`` is (H, W), both integers of at least 1."""
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise TypeError(f"{name} must be a pair (H, W), got {size!r}")
    check_at_least(f"{name}[0]", size[0], 1)
    check_at_least(f"{name}[1]", size[1], 1)


def check_one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raise unless ``value`` is one of the ``known`` names."""
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")


def check_feature_map(name: str, value: Tensor, channels: int | None = None) -> None:
    """Raise unless ``value`` is a floating-point (B, C, H, W) tensor with that many channels."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(value).__name__}")
    if not value.is_floating_point():
        raise TypeError(f"{name} must be a floating-point tensor, got {value.dtype}")
    expected = f"(B, {'C' if channels is None else channels}, H, W)"
    if value.ndim != 4 or (channels is not None and value.shape[1] != channels):
        raise ValueError(f"{name} must have shape {expected}, got {tuple(value.shape)}")
    if 0 in value.shape:
        raise ValueError(f"{name} must not be empty, got shape {tuple(value.shape)}")


def check_sides(name: str, value: Tensor, smallest: int, why: str = "its padding") -> None:
    """Raise unless both sides of the feature map are at least the ``smallest`` that works."""
    height, width = value.shape[2:]
    if min(height, width) < smallest:
        raise ValueError(
            f"{name} is {height}x{width}, but {why} needs sides of at least {smallest}: give a "
            "larger input"
        )


def check_same_shape(name: str, value: Tensor, other_name: str, other: Tensor) -> None:
    """Raise unless both are floating-point tensors of one shape on one device."""
    for each, tensor in ((name, value), (other_name, other)):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{each} must be a torch.Tensor, got {type(tensor).__name__}")
        if not tensor.is_floating_point():
            raise TypeError(f"{each} must be a floating-point tensor, got {tensor.dtype}")
    if value.shape != other.shape:
        raise ValueError(
            f"{name} and {other_name} must have one shape, got {tuple(value.shape)} and "
            f"{tuple(other.shape)}"
        )
    if value.device != other.device:
        raise ValueError(
            f"{name} and {other_name} must be on one device, got {value.device} and "
            f"{other.device}; move one with .to({str(value.device)!r})"
        )


def check_batch(name: str, value: Tensor, other_name: str, other: Tensor) -> None:
    """Raise unless both have one batch size and are on one device."""
    if value.shape[0] != other.shape[0]:
        raise ValueError(
            f"{name} and {other_name} must have one batch size, got {value.shape[0]} and "
            f"{other.shape[0]}"
        )
    if value.device != other.device:
        raise ValueError(
            f"{name} and {other_name} must be on one device, got {value.device} and "
            f"{other.device}; move one with .to({str(other.device)!r})"
        )


def check_image_and_mask(image: Tensor, mask: Tensor) -> None:
    """Raise unless ``image`` is (B, C, H, W) and ``mask`` (B, 1, H, W), floating, on one device."""
    check_feature_map("image", image)
    advice = "as_mask turns a bool, uint8 or float mask into one"
    if not isinstance(mask, Tensor):
        raise TypeError(f"mask must be a torch.Tensor, got {type(mask).__name__}; {advice}")
    if not mask.is_floating_point():
        raise TypeError(f"mask must be a floating-point tensor, got {mask.dtype}; {advice}")
    expected = (image.shape[0], 1, *image.shape[2:])
    if mask.shape != torch.Size(expected):
        raise ValueError(
            f"mask must have shape {expected} to fit an image of shape {tuple(image.shape)}, "
            f"got {tuple(mask.shape)}"
        )
    if mask.device != image.device:
        raise ValueError(
            f"image and mask must be on one device, got {image.device} and {mask.device}; "
            f"move the mask with mask.to(image.device)"
        )


def _check_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, got {value!r} of type {type(value).__name__}")
