"""The square around a mask that an evaluation crops from an image."""

from __future__ import annotations

import math

import torch

from lamakit.masks.missing_pixels import OneOrMoreMasks, missing_pixels
from lamakit.masks.random_numbers import Random


def square_crop(
    mask: OneOrMoreMasks, *, generator: torch.Generator | None = None
) -> tuple[slice, slice]:
    """Return the rows and columns of a random square with at least half of a mask's extent.

    The square has the image's shorter side, so it is cut from the longer one. The mask's extent
    reaches from the first to the last missing pixel along the longer side; its middle lies inside
    of the square or at its border. If nothing is missing, every place is allowed::

        image       |- - - - - - - - - - - - - - - -|
        extent                  |- m - - |               m: the middle
        square             [- - - - ]                    may start anywhere where it contains m

    This reads the mask's values.

    Args:
        mask: above 0 where a pixel is missing; a tensor, a numpy array or a PIL image.
        generator: source of the random numbers; None for torch's global one.

    Shape:
        - mask: (1, H, W), (H, W) or (1, 1, H, W)

    Returns:
        Both as slices: ``image[:, rows, columns]`` and ``mask[:, rows, columns]`` are the crops.

    Raises:
        ValueError: if the mask has another shape.
        TypeError: if it has another type.

    Example:
        >>> mask = torch.zeros(1, 64, 96)
        >>> mask[:, 30:40, 70:96] = 1
        >>> rows, columns = square_crop(mask)
        >>> mask[:, rows, columns].shape, bool(mask[:, rows, columns].sum() >= 130)
        (torch.Size([1, 64, 64]), True)

    Source:
        LaMa's released code, which prepares its test images so. It never starts the square at the
        last possible place, nor does this: a mask of a few pixels at the image's far end may be cut
        off.
    """
    is_missing = missing_pixels(mask)
    count, height, width = is_missing.shape
    if count != 1:
        raise ValueError(
            f"mask must be one mask, (1, H, W), got {count} of {height}x{width} pixels"
        )
    side, length = min(height, width), max(height, width)
    missing = is_missing[0].any(1 if height > width else 0).nonzero()[:, 0].tolist()
    low, end = 0, length - side + 1  # the square starts in [low, end)
    if missing:
        middle = (missing[0] + missing[-1]) / 2
        low = math.ceil(max(0, min(length - side - 1, middle - side)))
        end = max(low + 1, math.ceil(min(length - side, middle)))
    start = int(Random(generator).integers(low, end - 1, ()))
    whole, part = slice(0, side), slice(start, start + side)
    return (part, whole) if height > width else (whole, part)
