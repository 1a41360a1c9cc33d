"""Sizes that fit."""

from __future__ import annotations

__all__ = ["fitting_size"]


def fitting_size(size: tuple[int, int], multiple: int, min_size: int = 1) -> tuple[int, int]:
    """The smallest (H, W) from ``size`` up whose sides are multiples and at least ``min_size``."""
    height, width = (-(-max(side, min_size) // multiple) * multiple for side in size)
    return height, width
