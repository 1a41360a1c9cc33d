"""An image with a hole at several scales (levels), each half the size of the next."""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor
from torch.nn import functional as F


class Level(NamedTuple):
    """One scale: the image with its missing pixels set to 0, and its mask of zeros and ones."""

    image: Tensor
    mask: Tensor


def build_pyramid(image: Tensor, mask: Tensor, *, min_side: int, max_scales: int) -> list[Level]:
    """Return the scales of an image, the smallest first and the image itself last.

    The image is halved until its shorter side is about ``min_side`` pixels (0.7 to 1.4 times as
    many, since the number of halvings is rounded), or there are ``max_scales`` scales. A pixel of a
    smaller scale is missing if any missing pixel contributes to it.
    """
    hole = mask > 0
    levels = [Level(image.masked_fill(hole, 0), hole.to(image.dtype))]
    halvings = round(max(0.0, math.log2(min(image.shape[2:]) / min_side)))
    for _ in range(min(halvings, max_scales - 1)):
        finer = levels[-1]
        if min(finer.image.shape[2:]) < 3:  # the padding of the blur would be wider than the image
            break
        hole = halve(finer.mask) >= 1e-8  # any share of a missing pixel, but for rounding
        levels.append(Level(halve(finer.image).masked_fill(hole, 0), hole.to(image.dtype)))
    return levels[::-1]


def halve(image: Tensor) -> Tensor:
    """Return the image at half its size, rounded down: Gaussian blur, bilinear interpolation."""
    # Imported here because the import takes a second and few users of lamakit refine.
    from kornia.filters import gaussian_blur2d  # noqa: PLC0415

    size = image.shape[2] // 2, image.shape[3] // 2
    blurred: Tensor = gaussian_blur2d(image, (5, 5), (1.0, 1.0), border_type="reflect")
    return F.interpolate(blurred, size, mode="bilinear", align_corners=False)
