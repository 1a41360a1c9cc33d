"""Argument checks: each error says what was given, what was expected and what to do."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def check_at_least(name: str, value: int, minimum: int) -> None:
    """Raise unless ``value`` is an integer of at least ``minimum``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, got {value!r} of type {type(value).__name__}")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value}")


def check_fraction(name: str, value: float) -> None:
    """Raise unless ``value`` is a number from 0 to 1."""
    _check_number(name, value)
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value}")


def check_fraction_range(low_name: str, low: float, high_name: str, high: float) -> None:
    """Raise unless both lie in [0, 1], in that order."""
    check_fraction(low_name, low)
    check_fraction(high_name, high)
    if high < low:
        raise ValueError(f"{high_name} must be at least {low_name}={low}, got {high}")


def check_non_negative(name: str, value: float) -> None:
    """Raise unless ``value`` is a finite number of at least 0."""
    _check_number(name, value)
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} must be finite and at least 0, got {value}")


def check_positive(name: str, value: float) -> None:
    """Raise unless ``value`` is a finite number above 0."""
    _check_number(name, value)
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be above 0 and finite, got {value}")


def check_size(name: str, size: object) -> None:
    """Raise unless ``size`` is a pair (H, W) of integers of at least 1."""
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise TypeError(f"{name} must be a pair (H, W), got {size!r}")
    check_at_least(f"{name}[0]", size[0], 1)
    check_at_least(f"{name}[1]", size[1], 1)


def check_one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raise unless ``value`` is one of the ``known`` names."""
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")


def check_feature_map(name: str, value: Tensor, channels: int | None = None) -> None:
    """Raise unless ``value`` is a non-empty floating-point tensor (B, C, H, W).

    Args:
        name: the argument's name, for the message.
        value: what was given for it.
        channels: the number of channels C that it must have; None means any.
    """
    _check_floating_point(name, value)
    expected = f"(B, {'C' if channels is None else channels}, H, W)"
    if value.ndim != 4 or (channels is not None and value.shape[1] != channels):
        advice = _layout_advice(value, channels)
        raise ValueError(f"{name} must have shape {expected}, got {tuple(value.shape)}{advice}")
    if 0 in value.shape:
        raise ValueError(f"{name} must not be empty, got shape {tuple(value.shape)}")


def check_sides(name: str, value: Tensor, smallest: int, why: str = "its padding") -> None:
    """Raise unless the height and width of a feature map are at least ``smallest``.

    ``why`` names what needs that size, for the message.
    """
    height, width = value.shape[2:]
    if min(height, width) < smallest:
        raise ValueError(
            f"{name} is {height}x{width}, but {why} needs sides of at least {smallest}: give a "
            "larger input"
        )


def check_same_device(name: str, value: Tensor, other_name: str, other: Tensor) -> None:
    """Raise unless both tensors are on one device."""
    if value.device != other.device:
        raise ValueError(
            f"{name} and {other_name} must be on one device, got {value.device} and "
            f"{other.device}; move one with .to({str(value.device)!r})"
        )


def check_same_shape(name: str, value: Tensor, other_name: str, other: Tensor) -> None:
    """Raise unless both are floating-point tensors of one shape on one device."""
    _check_floating_point(name, value)
    _check_floating_point(other_name, other)
    if value.shape != other.shape:
        raise ValueError(
            f"{name} and {other_name} must have one shape, got {tuple(value.shape)} and "
            f"{tuple(other.shape)}"
        )
    check_same_device(name, value, other_name, other)


def check_batch(name: str, value: Tensor, other_name: str, other: Tensor) -> None:
    """Raise unless both tensors have one batch size and are on one device."""
    if value.shape[0] != other.shape[0]:
        raise ValueError(
            f"{name} and {other_name} must have one batch size, got {value.shape[0]} and "
            f"{other.shape[0]}"
        )
    check_same_device(name, value, other_name, other)


def check_image_and_mask(
    image: Tensor, mask: Tensor, *, image_name: str = "image", mask_name: str = "mask"
) -> None:
    """Raise unless the image is (B, C, H, W) and the mask (B, 1, H, W).

    Both must be floating-point tensors on one device. The names are for the messages.
    """
    if not isinstance(image, Tensor):
        raise TypeError(
            f"{image_name} must be a torch.Tensor, got {type(image).__name__}; read_image turns a "
            "file or a PIL image into one, torch.from_numpy(array).permute(2, 0, 1)[None] / 255 an "
            "array (H, W, C) of uint8"
        )
    check_feature_map(image_name, image)
    _check_floating_point(mask_name, mask, "; as_mask turns a bool, uint8 or float mask into one")
    expected = (image.shape[0], 1, *image.shape[2:])
    if mask.shape != torch.Size(expected):
        advice = _layout_advice(image) or ("; as_mask adds what lacks" if mask.ndim < 4 else "")
        raise ValueError(
            f"{mask_name} must have shape {expected} to fit an image of shape "
            f"{tuple(image.shape)}, got {tuple(mask.shape)}{advice}"
        )
    check_same_device(image_name, image, mask_name, mask)


def _check_floating_point(name: str, value: object, advice: str = "") -> None:
    """Raise unless ``value`` is a floating-point tensor; ``advice`` ends the message."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(value).__name__}{advice}")
    if not value.is_floating_point():
        if value.dtype == torch.uint8:
            advice = advice or "; divide values from 0 to 255 by 255"
        raise TypeError(f"{name} must be a floating-point tensor, got {value.dtype}{advice}")


def _layout_advice(value: Tensor, channels: int | None = None) -> str:
    """Return what to do with a tensor that looks like an image in another layout; else nothing."""
    shape, likely = tuple(value.shape), (1, 3, 4) if channels is None else (channels,)
    if len(shape) == 3 and shape[0] in likely:
        return "; for a batch of one image (C, H, W), add [None]"
    if len(shape) == 3 and shape[2] in likely:
        return "; if that is (H, W, C), add .permute(2, 0, 1)[None]"
    if len(shape) == 4 and shape[3] in likely and shape[1] not in likely:
        return "; if the image is (B, H, W, C), add .permute(0, 3, 1, 2)"
    return ""


def _check_number(name: str, value: object) -> None:
    """Raise unless ``value`` is an int or a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, got {value!r} of type {type(value).__name__}")
