"""Brush strokes: chains of segments, drawn as lines, discs or squares."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks.random_numbers import Random
from lamakit.masks.raster import Spans, box_spans, capsule_spans
from lamakit.masks.sampler import ShapeSampler

_MAX_SEGMENTS = 5
_MOST_LAYERS = 4  # at that, 1 to 8 % of the masks of presets have no known pixel


@dataclass(frozen=True, kw_only=True)
class Strokes(ShapeSampler):
    """Masks of random brush strokes, each a chain of one to five thick segments with round ends.

    The first segment of a stroke starts at a random pixel, each further one where the last ended.
    Every segment draws its own width, length and direction. A segment ends at

        (x + length * sin(angle), y + length * cos(angle))

    rounded towards 0 and moved into the image, where angle = 0.01 + k radians, k an integer from 0
    to ``max_angle``; in the first stroke of a mask, the third, the fifth, ... it is -(0.01 + k).

    All bounds are included, and all integers between them are equally likely.

    If the segments together are on average more than four times as large as the image, a warning
    says so: some masks then leave nothing known. Fewer, shorter or narrower strokes help, or a
    preset with the resolution of the images.

    Args:
        min_times: fewest strokes in a mask, at least 0.
        max_times: most strokes in a mask, at least 1.
        min_width: smallest width of a segment in pixels, at least 1.
        max_width: largest width of a segment in pixels.
        min_len: smallest length of a segment in pixels, at least 1.
        max_len: largest length of a segment in pixels.
        max_angle: largest k of the directions, in whole radians, at least 0.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> import torch
        >>> sampler = Strokes(min_times=1, max_times=5, max_width=100, max_len=200)
        >>> sampler((256, 320), generator=torch.Generator().manual_seed(0)).shape
        torch.Size([1, 256, 320])

    Source:
        LaMa, sec. 2.3 and its supplementary material; released configurations. Differences: there
        ``max_times`` is one less than the most strokes, ``max_width`` and ``max_len`` are how many
        widths and lengths there are, ``max_angle`` is how many directions. A line of width w covers
        what lies within (w + 1) / 2 pixels of its segment: to within 2 % the area of the lines that
        OpenCV draws for the released code.
    """

    min_times: int
    max_times: int
    min_width: int = 5
    max_width: int
    min_len: int = 10
    max_len: int
    max_angle: int = 3

    def __post_init__(self) -> None:
        check_at_least("min_times", self.min_times, 0)
        check_at_least("max_times", self.max_times, max(1, self.min_times))
        check_at_least("min_width", self.min_width, 1)
        check_at_least("max_width", self.max_width, self.min_width)
        check_at_least("min_len", self.min_len, 1)
        check_at_least("max_len", self.max_len, self.min_len)
        check_at_least("max_angle", self.max_angle, 0)

    @override
    def spans(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Spans:
        self._warn_if_too_small(size)
        masks, start, end, width = self._segments(n, size, random)
        squared_radius = (width + 1).square() // 4
        return capsule_spans(masks, start, end, squared_radius, height=size[0], device=device)

    def _warn_if_too_small(self, size: tuple[int, int]) -> None:
        """Warn if the strokes are so many and large that some masks leave nothing known."""
        segments = (self.min_times + self.max_times) / 2 * (1 + _MAX_SEGMENTS) / 2
        segment_area = (self.min_len + self.max_len) / 2 * (self.min_width + self.max_width) / 2
        layers = segments * segment_area / (size[0] * size[1])
        if layers > _MOST_LAYERS and self.max_width > 1:
            warnings.warn(
                f"an image of {size[0]}x{size[1]} pixels is too small for strokes of up to "
                f"{self.max_width}x{self.max_len} pixels: a mask's strokes are {layers:.0f} times "
                "as large as the image on average, and some masks leave nothing known; give a "
                f"preset the side of the images, such as lama_training({min(size)}), or draw "
                "fewer, shorter or narrower strokes",
                stacklevel=2,
            )

    def _segments(
        self, n: int, size: tuple[int, int], random: Random
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Draw all segments of all strokes: the mask's number, both ends (x, y) and the width."""
        # As many strokes and segments as there may be are drawn for each mask; those beyond its
        # own random number of them are left out at the end.
        height, width = size
        shape = (n, self.max_times, _MAX_SEGMENTS)
        stroke_count = random.integers(self.min_times, self.max_times, (n, 1, 1))
        segment_count = random.integers(1, _MAX_SEGMENTS, (n, self.max_times, 1))
        angle = 0.01 + random.integers(0, self.max_angle, shape).double()
        length = random.integers(self.min_len, self.max_len, shape)
        thickness = random.integers(self.min_width, self.max_width, shape)
        first_x = random.integers(0, width - 1, shape[:2])
        first_y = random.integers(0, height - 1, shape[:2])

        stroke = torch.arange(self.max_times)[:, None]
        angle = torch.where(stroke % 2 == 0, 2 * math.pi - angle, angle)
        steps = length[..., None] * torch.stack((angle.sin(), angle.cos()), -1)
        last_pixel = torch.tensor([width - 1, height - 1])
        points = [torch.stack((first_x, first_y), -1)]
        for segment in range(_MAX_SEGMENTS):
            point = (points[-1] + steps[:, :, segment]).long()
            points.append(torch.minimum(point.clamp(min=0), last_pixel))
        chain = torch.stack(points, 2)

        drawn = (stroke < stroke_count) & (torch.arange(_MAX_SEGMENTS) < segment_count)
        masks = torch.arange(n)[:, None, None].expand(shape)[drawn]
        return masks, chain[:, :, :-1][drawn], chain[:, :, 1:][drawn], thickness[drawn]


@dataclass(frozen=True, kw_only=True)
class DiscStrokes(Strokes):
    """Masks of discs around the points where the segments of :class:`Strokes` begin.

    Args:
        min_times: fewest strokes.
        max_times: most strokes.
        min_width: smallest radius of a disc in pixels.
        max_width: largest radius of a disc in pixels.
        min_len: smallest distance between two discs of a stroke in pixels.
        max_len: largest distance, likewise.
        max_angle: as in :class:`Strokes`, whose shape and errors are the same, too.

    Example:
        >>> DiscStrokes(min_times=1, max_times=2, max_width=9, max_len=30)((64, 96)).shape
        torch.Size([1, 64, 96])

    Source:
        LaMa's released code.
    """

    @override
    def spans(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Spans:
        masks, centre, _, radius = self._segments(n, size, random)
        squared_radius = radius * (radius + 1)  # the whole part of (radius + 1 / 2)^2
        return capsule_spans(masks, centre, centre, squared_radius, height=size[0], device=device)


@dataclass(frozen=True, kw_only=True)
class SquareStrokes(Strokes):
    """Masks of squares around the points where the segments of :class:`Strokes` begin.

    The segments themselves are not drawn. Shape and errors are those of :class:`Strokes`.

    Args:
        max_times: as in :class:`Strokes`, like ``min_times``, ``max_len``, ``min_len`` and
            ``max_angle``.
        min_times: at least 0.
        max_width: largest side of a square in pixels, rounded down to an even number like all
            sides, so that a side of 1 leaves nothing.
        min_width: smallest side.
        max_len: at least ``min_len``.
        min_len: at least 1.
        max_angle: at least 0.

    Example:
        >>> squares = SquareStrokes(min_times=1, max_times=1, min_width=8, max_width=8, max_len=30)
        >>> bool(squares((64, 96)).sum() <= 5 * 8 * 8)
        True

    Source:
        LaMa's released code.
    """

    @override
    def spans(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Spans:
        masks, centre, _, side = self._segments(n, size, random)
        half = (side // 2)[:, None]
        return box_spans(masks, centre - half, centre + half - 1, height=size[0], device=device)
