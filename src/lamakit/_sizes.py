"""Sizes that fit."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["check_sides", "fitting_size", "smallest_side"]


def fitting_size(size: tuple[int, int], multiple: int, min_size: int = 1) -> tuple[int, int]:
    """The smallest (H, W) from ``size`` up whose sides are multiples and at least ``min_size``."""
    height, width = (-(-max(side, min_size) // multiple) * multiple for side in size)
    return height, width


def smallest_side(module: nn.Module) -> int:
    """The smallest side that every padding inside ``module`` accepts.

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


def check_sides(name: str, value: Tensor, smallest: int, why: str = "its padding") -> None:
    """Raise unless both sides of the feature map are at least the ``smallest`` that works."""
    height, width = value.shape[2:]
    if min(height, width) < smallest:
        raise ValueError(
            f"{name} is {height}x{width}, but {why} needs sides of at least {smallest}: give a "
            "larger input"
        )
