"""Sizes: rounded up to multiples, scaled down, and the smallest that a module accepts."""

from __future__ import annotations

import math

from torch import nn

__all__ = ["fitting_size", "scaled_down", "smallest_side"]


def fitting_size(size: tuple[int, int], multiple: int, min_size: int = 1) -> tuple[int, int]:
    """Return the smallest (H, W) from ``size`` up that has sides of the multiple and ``min_size``."""
    height, width = (-(-max(side, min_size) // multiple) * multiple for side in size)
    return height, width


def smallest_side(module: nn.Module) -> int:
    """Return the smallest side that every padding inside ``module`` accepts.

    A reflected border must be narrower than the image, a circular one at most as wide.
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
    """Return the whole part of a product such as ``channels * ratio``.

    Rounding may leave a product a little below the whole number that it should be: 100 * 0.29 is
    28.999999999999996 and counts as 29.
    """
    return math.floor(value + 1e-9)
