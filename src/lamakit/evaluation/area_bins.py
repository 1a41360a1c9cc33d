"""Bins of mask area: the share of an image that is missing."""

from __future__ import annotations

from torch import Tensor

AREA_BINS = 10


def area_bin(areas: Tensor) -> Tensor:
    """Return the bin of each mask: 0 for less than 10 % missing, up to 9 for 90 % and more.

    Args:
        areas: the missing share of each image, from 0 to 1.

    Shape:
        - areas: any
        - Output: the same, in int64

    Raises:
        TypeError: if ``areas`` is not a floating-point tensor.

    Example:
        >>> import torch
        >>> area_bin(torch.tensor([0.05, 0.1, 0.55, 1.0]))
        tensor([0, 1, 5, 9])

    Source:
        LaMa's released evaluation groups its test masks into these bins.
    """
    if not areas.is_floating_point():
        raise TypeError(
            f"areas must be a floating-point tensor of shares from 0 to 1, got {areas.dtype}"
        )
    return (areas * AREA_BINS).long().clamp(max=AREA_BINS - 1)


def bin_label(number: int) -> str:
    """Return the name of a bin, such as ``10-20 %``."""
    width = 100 // AREA_BINS
    return f"{width * number}-{width * (number + 1)} %"
