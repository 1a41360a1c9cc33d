"""Brush strokes: chains of segments, drawn as lines, discs or squares."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks.raster import Intervals, box_intervals, capsule_intervals
from lamakit.masks.sampler import Draws, ShapeSampler

__all__ = ["DiscStrokes", "SquareStrokes", "Strokes"]

_MAX_SEGMENTS = 5


@dataclass(frozen=True, kw_only=True)
class Strokes(ShapeSampler):
    """Masks of random brush strokes, each a chain of one to five thick segments with round ends.

    Args:
        min_times: fewest strokes.
        max_times: one less than the most strokes, as in LaMa's released code.
        max_width: how many widths there are, from ``min_width`` pixels on.
        max_len: how many lengths of a segment there are, from ``min_len`` pixels on.
        max_angle: a segment's direction is 0.01 radians and 0 to ``max_angle - 1`` whole ones,
            counted the other way round for every second stroke.
        min_width: the least width in pixels.
        min_len: the least length of a segment in pixels.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> import torch
        >>> sampler = Strokes(min_times=1, max_times=5, max_width=100, max_len=200)
        >>> sampler((64, 96), generator=torch.Generator().manual_seed(0)).shape
        torch.Size([1, 64, 96])

    Source:
        LaMa, sec. 2.3 and its supplementary material; released configurations. A line of width w
        covers what lies within (w + 1) / 2 pixels of its segment: to within 2 % the area of the
        lines that OpenCV draws for the released code.
    """

    min_times: int
    max_times: int
    max_width: int
    max_len: int
    max_angle: int = 4
    min_width: int = 5
    min_len: int = 10

    def __post_init__(self) -> None:
        check_at_least("min_times", self.min_times, 0)
        check_at_least("max_times", self.max_times, self.min_times)
        for name in ("max_width", "max_len", "max_angle", "min_width", "min_len"):
            check_at_least(name, getattr(self, name), 1)

    @override
    def intervals(
        self, n: int, size: tuple[int, int], draws: Draws, device: torch.device
    ) -> Intervals:
        masks, start, end, width = self._segments(n, size, draws)
        return capsule_intervals(
            masks, start, end, (width + 1).square() // 4, height=size[0], device=device
        )

    def _segments(
        self, n: int, size: tuple[int, int], draws: Draws
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Every segment of every stroke: its mask's number, its two ends (x, y), its width."""
        height, width = size
        strokes = self.max_times + 1
        shape = (n, strokes, _MAX_SEGMENTS)
        count = draws.integers(self.min_times, strokes, (n, 1, 1))
        segments = draws.integers(1, _MAX_SEGMENTS, (n, strokes, 1))
        angle = 0.01 + draws.integers(0, self.max_angle - 1, shape).double()
        length = self.min_len + draws.integers(0, self.max_len - 1, shape)
        thickness = self.min_width + draws.integers(0, self.max_width - 1, shape)
        first_x = draws.integers(0, width - 1, (n, strokes))
        first_y = draws.integers(0, height - 1, (n, strokes))

        number = torch.arange(strokes)[:, None]
        angle = torch.where(number % 2 == 0, 2 * math.pi - angle, angle)
        steps = length[..., None] * torch.stack((angle.sin(), angle.cos()), -1)
        border = torch.tensor([width - 1, height - 1])
        points = [torch.stack((first_x, first_y), -1)]
        for segment in range(_MAX_SEGMENTS):
            step = (points[-1] + steps[:, :, segment]).long()
            points.append(torch.minimum(step.clamp(min=0), border))
        chain = torch.stack(points, 2)

        drawn = (number < count) & (torch.arange(_MAX_SEGMENTS) < segments)
        masks = torch.arange(n)[:, None, None].expand(shape)[drawn]
        return masks, chain[:, :, :-1][drawn], chain[:, :, 1:][drawn], thickness[drawn]


@dataclass(frozen=True, kw_only=True)
class DiscStrokes(Strokes):
    """Masks of discs around the points where the segments of :class:`Strokes` begin.

    A disc's radius is as long as a line would be wide.

    Args:
        min_times: as in :class:`Strokes`.
        max_times: as in :class:`Strokes`.
        max_width: as in :class:`Strokes`, but of radii.
        max_len: as in :class:`Strokes`.
        max_angle: as in :class:`Strokes`.
        min_width: as in :class:`Strokes`, but of radii.
        min_len: as in :class:`Strokes`.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> DiscStrokes(min_times=1, max_times=2, max_width=9, max_len=30)((64, 96)).shape
        torch.Size([1, 64, 96])

    Source:
        LaMa's released code.
    """

    @override
    def intervals(
        self, n: int, size: tuple[int, int], draws: Draws, device: torch.device
    ) -> Intervals:
        masks, start, _, width = self._segments(n, size, draws)
        return capsule_intervals(
            masks, start, start, width * (width + 1), height=size[0], device=device
        )


@dataclass(frozen=True, kw_only=True)
class SquareStrokes(Strokes):
    """Masks of squares around the points where the segments of :class:`Strokes` begin.

    A side is as long as a line would be wide, rounded down to an even number of pixels.

    Args:
        min_times: as in :class:`Strokes`.
        max_times: as in :class:`Strokes`.
        max_width: as in :class:`Strokes`.
        max_len: as in :class:`Strokes`.
        max_angle: as in :class:`Strokes`.
        min_width: as in :class:`Strokes`.
        min_len: as in :class:`Strokes`.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> SquareStrokes(min_times=1, max_times=2, max_width=9, max_len=30)((64, 96)).shape
        torch.Size([1, 64, 96])

    Source:
        LaMa's released code.
    """

    @override
    def intervals(
        self, n: int, size: tuple[int, int], draws: Draws, device: torch.device
    ) -> Intervals:
        masks, start, _, width = self._segments(n, size, draws)
        half = (width // 2)[:, None]
        return box_intervals(masks, start - half, start + half - 1, height=size[0], device=device)
