"""Brush strokes: chains of thick line segments."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks.raster import capsule_intervals
from lamakit.masks.sampler import Draws, ShapeSampler

__all__ = ["Strokes"]

_MAX_SEGMENTS = 5


@dataclass(frozen=True, kw_only=True)
class Strokes(ShapeSampler):
    """Masks of random brush strokes, each a chain of one to five thick segments with round ends.

    Args:
        min_times: fewest strokes.
        max_times: one less than the most strokes, as in LaMa's released code.
        max_width: strokes are 5 to ``4 + max_width`` pixels wide.
        max_len: segments are 10 to ``9 + max_len`` pixels long.
        max_angle: segments turn by 0.01 radians and 0 to ``max_angle - 1`` whole ones.

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
        LaMa, sec. 2.3 and its supplementary material; released configurations.
    """

    min_times: int
    max_times: int
    max_width: int
    max_len: int
    max_angle: int = 4

    def __post_init__(self) -> None:
        check_at_least("min_times", self.min_times, 0)
        check_at_least("max_times", self.max_times, self.min_times)
        for name in ("max_width", "max_len", "max_angle"):
            check_at_least(name, getattr(self, name), 1)

    @override
    def _intervals(self, n: int, size: tuple[int, int], draws: Draws) -> tuple[Tensor, Tensor]:
        height, width = size
        strokes = self.max_times + 1
        shape = (n, strokes, _MAX_SEGMENTS)
        count = draws.integers(self.min_times, strokes, (n, 1, 1))
        segments = draws.integers(1, _MAX_SEGMENTS, (n, strokes, 1))
        angle = 0.01 + draws.integers(0, self.max_angle - 1, shape).double()
        length = 10 + draws.integers(0, self.max_len - 1, shape)
        thickness = 5 + draws.integers(0, self.max_width - 1, shape)
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
        return capsule_intervals(
            chain[:, :, :-1].flatten(1, 2),
            chain[:, :, 1:].flatten(1, 2),
            torch.where(drawn, thickness, 0).flatten(1, 2),
            height,
        )
