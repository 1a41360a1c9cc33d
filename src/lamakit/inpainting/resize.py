"""A smaller copy of an image with a hole, into which nothing of the hole leaks."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit._tensors import at_least_float32

__all__ = ["enlarge", "fit_pixels", "fit_side", "shrink"]


def fit_side(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    """``size`` with its longer side brought down to ``max_side``; as it is if none is longer."""
    return _scaled(size, min(1.0, max_side / max(size)))


def fit_pixels(size: tuple[int, int], max_pixels: int) -> tuple[int, int]:
    """``size`` brought down to at most ``max_pixels`` in all; as it is if it has no more."""
    return _scaled(size, min(1.0, math.sqrt(max_pixels / (size[0] * size[1]))))


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    height, width = (max(1, math.floor(side * scale + 1e-9)) for side in size)
    return height, width


def shrink(image: Tensor, mask: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Image and mask at (H, W) = ``size``; a pixel that any missing one falls into is missing.

    The image is smoothed against aliasing. What it holds under the hole is not looked at.
    """
    hole = mask > 0
    small, share = (
        # No half precision on a CPU, and a small share must not vanish in it.
        F.interpolate(x, size, mode="bilinear", antialias=True)
        for x in (at_least_float32(image.masked_fill(hole, 0)), hole.to(torch.float32))
    )
    missing = share > 0
    return small.masked_fill(missing, 0).to(image.dtype), missing.to(image.dtype)


def enlarge(image: Tensor, size: tuple[int, int]) -> Tensor:
    """The image brought to (H, W) = ``size`` by bilinear interpolation."""
    return F.interpolate(image, size, mode="bilinear", align_corners=False)
