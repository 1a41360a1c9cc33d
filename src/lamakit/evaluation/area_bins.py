"""Bins of the missing share of an image."""

from __future__ import annotations

from torch import Tensor

__all__ = ["AREA_BINS", "area_bin"]

AREA_BINS = 10


def area_bin(areas: Tensor) -> Tensor:
    """In which of ten bins each mask falls: 0 for below 10 % missing, 9 for 90 % and more.

    Args:
        areas: which share of each image is missing, from 0 to 1.

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
        LaMa's released evaluation groups test masks so.
    """
    if not areas.is_floating_point():
        raise TypeError(
            f"areas must be a floating-point tensor of shares from 0 to 1, got {areas.dtype}"
        )
    return (areas * AREA_BINS).long().clamp(max=AREA_BINS - 1)
