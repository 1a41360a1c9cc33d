"""The scales of an image with a hole, and how a prediction is compared with the scale below."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Level", "build_pyramid", "halve", "inner_hole"]


class Level(NamedTuple):
    """An image without its missing pixels, and its mask of zeros and ones."""

    image: Tensor
    mask: Tensor


def build_pyramid(image: Tensor, mask: Tensor, *, min_side: int, max_scales: int) -> list[Level]:
    """The image, and halves of it until a side is about ``min_side`` pixels, coarsest first.

    A pixel of a coarser level is missing if any missing one has part in it.
    """
    hole = mask > 0
    levels = [Level(image.masked_fill(hole, 0), hole.to(image.dtype))]
    halvings = round(max(0.0, math.log2(min(image.shape[2:]) / min_side)))
    for _ in range(min(halvings, max_scales - 1)):
        finer = levels[-1]
        if min(finer.image.shape[2:]) < 3:  # the blur's border would be wider than the image
            break
        hole = halve(finer.mask) >= 1e-8
        levels.append(Level(halve(finer.image).masked_fill(hole, 0), hole.to(image.dtype)))
    return levels[::-1]


def halve(image: Tensor) -> Tensor:
    """The image at half its size, rounded down: a Gaussian blur, then bilinear interpolation."""
    # It takes a second to import and not every user of lamakit refines.
    from kornia.filters import gaussian_blur2d  # noqa: PLC0415

    size = image.shape[2] // 2, image.shape[3] // 2
    blurred: Tensor = gaussian_blur2d(image, (5, 5), (1.0, 1.0), border_type="reflect")
    return F.interpolate(blurred, size, mode="bilinear", align_corners=False)


def inner_hole(mask: Tensor, erosion: int) -> Tensor:
    """The hole at half the size, without what lies less than half of ``erosion`` from its rim."""
    size = mask.shape[2] // 2, mask.shape[3] // 2
    share = F.interpolate(mask, size, mode="bilinear", align_corners=False)
    # Sums of bilinear weights are 1 up to rounding.
    known = (share < 1 - 1e-4).to(mask.dtype)
    kernel = _ellipse(erosion).to(mask)[None, None]
    # Beyond the border nothing counts as known, so a hole at the border keeps its pixels there.
    near_known = F.conv2d(known, kernel, padding=erosion // 2) > 0.5
    return (~near_known).to(mask.dtype)


def _ellipse(side: int) -> Tensor:
    """A digital disc as wide and high as ``side``, which is odd: 1 inside, 0 outside."""
    radius = side // 2
    offsets = torch.arange(-radius, radius + 1)
    half_widths = [round(math.sqrt(radius**2 - int(y) ** 2)) for y in offsets]
    return (offsets.abs() <= torch.tensor(half_widths)[:, None]).float()
