"""Masks of one part of the image: bands along its borders, one side, all but the centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_fraction, check_fraction_range
from lamakit.masks.random_numbers import Random
from lamakit.masks.raster import fill_lines
from lamakit.masks.sampler import BaseSampler, check_choices


@dataclass(frozen=True, kw_only=True)
class Outpainting(BaseSampler):
    """Masks of bands along the image's borders: filling them makes the image larger.

    Each border gets a band with its probability. If none does, one border is drawn in proportion to
    the probabilities. A band's width is a uniform fraction of the image's height (top and bottom)
    or width (left and right), rounded down to whole pixels, at least one.

    Args:
        probabilities: of a band at the top, bottom, left and right, each from 0 to 1, not all 0.
        min_width: smallest fraction, from 0 to 1.
        max_width: largest fraction, from ``min_width`` to 1.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range, or no side has a probability above 0.

    Example:
        >>> Outpainting(probabilities=(0, 0, 1, 0), min_width=0.2, max_width=0.2)((1, 10))
        tensor([[[1., 1., 0., 0., 0., 0., 0., 0., 0., 0.]]])

    Source:
        LaMa's released code.
    """

    probabilities: tuple[float, float, float, float] = (0.5, 0.5, 0.5, 0.5)
    min_width: float = 0.04
    max_width: float = 0.25

    def __post_init__(self) -> None:
        if len(self.probabilities) != 4:
            raise ValueError(
                "probabilities must be four: top, bottom, left, right; "
                f"got {len(self.probabilities)}"
            )
        for number, probability in enumerate(self.probabilities):
            check_fraction(f"probabilities[{number}]", probability)
        if not any(self.probabilities):
            raise ValueError("probabilities must not all be 0: some side must have a band")
        check_fraction_range("min_width", self.min_width, "max_width", self.max_width)
        object.__setattr__(self, "probabilities", tuple(self.probabilities))

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        has_band = random.uniform((n, 4)) < torch.tensor(self.probabilities, dtype=torch.float64)
        instead = torch.arange(4) == random.weighted_indices(self.probabilities, n)[:, None]
        has_band = torch.where(has_band.any(1, keepdim=True), has_band, instead)
        fraction = self.min_width + (self.max_width - self.min_width) * random.uniform((n, 4))
        pixels = (fraction * _side_lengths(size)).long().clamp(min=1)
        return _bands((pixels * has_band).to(device), size)


@dataclass(frozen=True, kw_only=True)
class Completion(BaseSampler):
    """Masks of one side of the image, top, bottom, left or right: by default 0.2 to 0.8 of it.

    The missing part is a uniform fraction of the height or width, rounded down to whole pixels.

    Args:
        min_part: smallest fraction, from 0 to 1.
        max_part: largest fraction, from ``min_part`` to 1.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> float(Completion(min_part=0.5, max_part=0.5)((64, 64)).mean())
        0.5

    Source:
        GLaMa, sec. 3.2 ("Completion"), which gives the name only; the numbers are those of the
        generator of the NTIRE 2022 inpainting challenge (Romero et al., CVPR workshops 2022).
    """

    min_part: float = 0.2
    max_part: float = 0.8

    def __post_init__(self) -> None:
        check_fraction_range("min_part", self.min_part, "max_part", self.max_part)

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        side = torch.arange(4) == random.integers(0, 3, (n, 1))
        part = self.min_part + (self.max_part - self.min_part) * random.uniform((n, 1))
        pixels = (part * _side_lengths(size)).long()
        return _bands((pixels * side).to(device), size)


@dataclass(frozen=True, kw_only=True)
class Expand(BaseSampler):
    """Masks of all but a square in the centre.

    The square's side is the image's shorter side divided by one of ``divisors``, rounded down to an
    even number of pixels. On a tiny image that may be 0.

    Args:
        divisors: integers, at least 1; one is drawn for each mask, all equally likely.
        reverse_probability: how often a mask is inverted, so that the square is missing and the
            rest known; from 0 to 1.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if there are no divisors, or an argument is out of range.

    Example:
        >>> Expand(divisors=(2,), reverse_probability=1)((4, 5))[0]
        tensor([[0., 0., 0., 0., 0.],
                [0., 1., 1., 0., 0.],
                [0., 1., 1., 0., 0.],
                [0., 0., 0., 0., 0.]])

    Source:
        GLaMa, sec. 3.2 ("Expand"), which gives no numbers; the sizes are those of the generator of
        the NTIRE 2022 inpainting challenge (Romero et al., CVPR workshops 2022). It never reverses
        this mask: ``reverse_probability`` is lamakit's.
    """

    divisors: Sequence[int] = (4, 3, 2)
    reverse_probability: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "divisors", check_choices("divisors", self.divisors, 1))
        check_fraction("reverse_probability", self.reverse_probability)

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        side = min(size) // random.choices(self.divisors, n)
        side = (side - side % 2).to(device)
        inverted = random.booleans((n, 1, 1, 1), self.reverse_probability).to(device)
        top, left = (size[0] - side) // 2, (size[1] - side) // 2
        outside = _outside_box((top, top + side), (left, left + side), size)
        return torch.where(inverted, 1 - outside, outside)


def _bands(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Return masks of bands at the top, bottom, left and right, whose widths are (n, 4)."""
    top, bottom, left, right = pixels.unbind(1)
    return _outside_box((top, size[0] - bottom), (left, size[1] - right), size)


def _side_lengths(size: tuple[int, int]) -> Tensor:
    """Return the sides that the widths of top, bottom, left and right bands are fractions of."""
    return torch.tensor(size).repeat_interleave(2)


def _outside_box(
    rows: tuple[Tensor, Tensor], columns: tuple[Tensor, Tensor], size: tuple[int, int]
) -> Tensor:
    """Return masks that are 1 outside of each mask's box, whose rows are [start, stop)."""
    outside = []
    for side, (start, stop) in zip(size, (rows, columns), strict=True):
        pixel = torch.arange(side, device=start.device)
        outside.append((pixel < start[:, None]) | (pixel >= stop[:, None]))
    return fill_lines(*outside)
