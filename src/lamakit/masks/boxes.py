"""Rectangles."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks.sampler import Draws, ShapeSampler

__all__ = ["Boxes"]


@dataclass(frozen=True, kw_only=True)
class Boxes(ShapeSampler):
    """Masks of random axis-parallel boxes.

    Args:
        min_times: fewest boxes.
        max_times: most boxes.
        min_size: shortest side in pixels.
        max_size: longest side in pixels; the image less its margins where that is shorter.
        margin: pixels along the image's border that no box touches.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range, or no box fits an image of the wanted size.

    Example:
        >>> sampler = Boxes(min_times=1, max_times=1, min_size=4, max_size=4)
        >>> int(sampler((32, 32)).sum())
        16

    Source:
        LaMa, sec. 2.3 and its supplementary material; released configurations.
    """

    min_times: int
    max_times: int
    min_size: int
    max_size: int
    margin: int = 0

    def __post_init__(self) -> None:
        check_at_least("min_times", self.min_times, 0)
        check_at_least("max_times", self.max_times, max(1, self.min_times))
        check_at_least("min_size", self.min_size, 1)
        check_at_least("max_size", self.max_size, self.min_size)
        check_at_least("margin", self.margin, 0)

    @override
    def _intervals(self, n: int, size: tuple[int, int], draws: Draws) -> tuple[Tensor, Tensor]:
        height, width = size
        shape = (n, self.max_times)
        present = torch.arange(self.max_times) < draws.integers(
            self.min_times, self.max_times, (n, 1)
        )
        top, bottom = self._extent(height, shape, draws)
        left, right = self._extent(width, shape, draws)
        rows = torch.arange(height)
        inside = (rows >= top[..., None]) & (rows <= bottom[..., None]) & present[..., None]
        starts = left[..., None].expand(inside.shape)
        return starts, torch.where(inside, right[..., None], -1)

    def _extent(self, side: int, shape: tuple[int, int], draws: Draws) -> tuple[Tensor, Tensor]:
        """First and last pixel of each box along an axis of ``side`` pixels."""
        longest = min(self.max_size, side - 2 * self.margin)
        if longest < self.min_size:
            raise ValueError(
                f"a box of min_size={self.min_size} does not fit a side of {side} pixels with "
                f"margin={self.margin}; take a larger image, or a smaller min_size or margin"
            )
        length = draws.integers(self.min_size, longest, shape)
        free = side - 2 * self.margin - length + 1
        first = self.margin + (draws.fractions(shape) * free).long()
        return first, first + length - 1
