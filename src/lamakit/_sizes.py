"""Image sizes: rounding up to a multiple, scaling down, and the smallest that a module accepts."""

from __future__ import annotations

import math

from torch import nn


def fitting_size(size: tuple[int, int], multiple: int, min_size: int = 1) -> tuple[int, int]:
    """Return the smallest (H, W) not below ``size`` whose sides are multiples of ``multiple``.

    Both sides are at least ``min_size``.
    """
    height, width = (-(-max(side, min_size) // multiple) * multiple for side in size)
    return height, width


def smallest_side(module: nn.Module) -> int:
    """Return the smallest side of an image that every padding inside ``module`` accepts.

    Reflection padding must be narrower than the image, circular padding at most as wide.
    """
    sides = [1]
    for part in module.modules():
        mode, padding = "", 0
        if isinstance(part, nn.Conv2d):
            mode = part.padding_mode
            padding = max(part._reversed_padding_repeated_twice)  # noqa: SLF001 (resolves padding="same")
        elif isinstance(part, nn.ReflectionPad2d):
            mode, padding = "reflect", max(part.padding)
        elif isinstance(part, nn.CircularPad2d):
            mode, padding = "circular", max(part.padding)
        if mode in ("reflect", "circular"):
            sides.append(padding + (mode == "reflect"))
    return max(sides)


def scaled_down(value: float) -> int:
    """Round a product such as ``channels * ratio`` down to an integer, safe from rounding errors.

    In floating point, a product may be a little below the integer that it should be: 100 * 0.29 is
    28.999999999999996, and the result is 29.
    """
    return math.floor(value + 1e-9)
