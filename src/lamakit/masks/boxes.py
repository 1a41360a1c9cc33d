"""Rectangles: several at random, one of random area, one in the centre."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least, check_fraction, check_fraction_range
from lamakit.masks.random_numbers import Random
from lamakit.masks.raster import Spans, box_spans
from lamakit.masks.sampler import BaseSampler, ShapeSampler


@dataclass(frozen=True, kw_only=True)
class Boxes(ShapeSampler):
    """Masks of random axis-parallel boxes.

    On an image that is too small for the settings, the margin shrinks until one pixel is left
    between the margins, and the sides until they fit. So no image size is an error.

    Args:
        min_times: fewest boxes in a mask, at least 0.
        max_times: most boxes in a mask, at least 1.
        min_size: shortest side in pixels, at least 1.
        max_size: longest side in pixels.
        margin: pixels along each border of the image that no box touches, at least 0.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> sampler = Boxes(min_times=1, max_times=1, min_size=4, max_size=4)
        >>> int(sampler((32, 32)).sum()), int(sampler((3, 32)).sum())
        (16, 12)

    Source:
        LaMa, sec. 2.3 and its supplementary material; released configurations. Differences: where
        the shortest side does not fit, the released code fails; and it limits both sides by the
        image's shorter one.
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
    def spans(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Spans:
        # For each mask max_times boxes are drawn; those beyond its random number are left out.
        shape = (n, self.max_times)
        count = random.integers(self.min_times, self.max_times, (n, 1))
        top, bottom = self._extent(size[0], shape, random)
        left, right = self._extent(size[1], shape, random)
        drawn = torch.arange(self.max_times) < count
        first, last = torch.stack((left, top), -1)[drawn], torch.stack((right, bottom), -1)[drawn]
        masks = torch.arange(n)[:, None].expand(shape)[drawn]
        return box_spans(masks, first, last, height=size[0], device=device)

    def _extent(self, side: int, shape: tuple[int, int], random: Random) -> tuple[Tensor, Tensor]:
        """Draw the first and last pixel of each box along an axis of ``side`` pixels."""
        margin = min(self.margin, (side - 1) // 2)
        longest = min(self.max_size, side - 2 * margin)
        length = random.integers(min(self.min_size, longest), longest, shape)
        first = margin + random.integers_up_to(side - 2 * margin - length)
        return first, first + length - 1


@dataclass(frozen=True, kw_only=True)
class RandomAreaBox(ShapeSampler):
    """Masks of one box at a random place.

    Height and width are fractions of the image's, each uniform between the square roots of
    ``min_area`` and ``max_area``; they are rounded to whole pixels, at least one.

    Args:
        min_area: area of the smallest box as a fraction of the image, from 0 to 1.
        max_area: area of the largest box as a fraction of the image, from ``min_area`` to 1.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> import torch
        >>> area = RandomAreaBox()((64, 96), generator=torch.Generator().manual_seed(0)).mean()
        >>> bool(0.09 < area < 0.37)
        True

    Source:
        LaMa's released code.
    """

    min_area: float = 0.1
    max_area: float = 0.35

    def __post_init__(self) -> None:
        check_fraction_range("min_area", self.min_area, "max_area", self.max_area)

    @override
    def spans(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Spans:
        shortest, longest = math.sqrt(self.min_area), math.sqrt(self.max_area)
        sides = torch.tensor([size[1], size[0]])
        fractions = shortest + (longest - shortest) * random.uniform((n, 2))
        lengths = (sides * fractions).round().long().clamp(min=1)
        first = random.integers_up_to(sides - lengths)
        return box_spans(torch.arange(n), first, first + lengths - 1, height=size[0], device=device)


@dataclass(frozen=True, kw_only=True)
class CentreBox(BaseSampler):
    """The mask of one box in the centre, with the image's aspect ratio. Nothing is random.

    Args:
        area: area of the box as a fraction of the image, from 0 to 1; it has at least one pixel.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if ``area`` is out of range.

    Example:
        >>> CentreBox(area=0.25)((4, 4))[0]
        tensor([[0., 0., 0., 0.],
                [0., 1., 1., 0.],
                [0., 1., 1., 0.],
                [0., 0., 0., 0.]])

    Source:
        LaMa's released code, for evaluation.
    """

    area: float = 0.225

    def __post_init__(self) -> None:
        check_fraction("area", self.area)

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        height, width = (max(1, round(side * math.sqrt(self.area))) for side in size)
        top, left = (size[0] - height) // 2, (size[1] - width) // 2
        masks = torch.zeros(n, 1, *size, dtype=torch.float32, device=device)
        masks[..., top : top + height, left : left + width] = 1
        return masks
