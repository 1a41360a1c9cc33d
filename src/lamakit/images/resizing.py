"""Resizing of images; downsampling that keeps what is under the hole out of the known pixels."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit._dtypes import at_least_float32
from lamakit._sizes import scaled_down


def fit_side(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    """Return ``size`` scaled so that the longer side is at most ``max_side``."""
    return _scaled(size, min(1.0, max_side / max(size)))


def fit_pixels(size: tuple[int, int], max_pixels: int) -> tuple[int, int]:
    """Return ``size`` scaled so that it has at most ``max_pixels`` pixels."""
    return _scaled(size, min(1.0, math.sqrt(max_pixels / (size[0] * size[1]))))


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    height, width = (max(1, scaled_down(side * scale)) for side in size)
    return height, width


def resize(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the image at (H, W) = ``size``, antialiased; half precision becomes float32."""
    return F.interpolate(at_least_float32(image), size, mode="bilinear", antialias=True)


def downsample(image: Tensor, mask: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return image and mask at (H, W) = ``size``.

    A pixel of the result is missing, and 0, if any missing pixel contributes to it. So the result
    does not depend on what the image holds under the hole.
    """
    hole = mask > 0
    if image.shape[2:] == size:
        return image.masked_fill(hole, 0), hole.to(image.dtype)
    # In float32, because a small share of missing pixels would vanish in half precision.
    missing = resize(hole.to(torch.float32), size) > 0
    small = resize(image.masked_fill(hole, 0), size).masked_fill(missing, 0)
    return small.to(image.dtype), missing.to(image.dtype)


def upsample(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the image at (H, W) = ``size`` by bilinear interpolation."""
    if image.shape[2:] == size:
        return image
    return F.interpolate(image, size, mode="bilinear", align_corners=False)
