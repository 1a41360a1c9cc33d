"""Masks of one part of the image: bands along its sides, one side, all but the centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_choices, check_fraction
from lamakit.masks.raster import fill_lines
from lamakit.masks.sampler import Draws, Sampler

__all__ = ["Completion", "Expand", "Outpainting"]


@dataclass(frozen=True, kw_only=True)
class Outpainting(Sampler):
    """Masks of bands along the image's sides: what lies beyond a smaller image.

    Each side has a band with its probability. If none has, one side is drawn in proportion to the
    probabilities.

    Args:
        probabilities: of a band at the top, the bottom, the left and the right, each from 0 to 1.
        min_width: the narrowest band, as a fraction of the image's height (top and bottom) or
            width (left and right); a band is at least one pixel wide.
        max_width: the widest band, likewise; not quite reached.

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
        check_fraction("min_width", self.min_width)
        check_fraction("max_width", self.max_width)
        if self.max_width < self.min_width:
            raise ValueError(
                f"max_width must be at least min_width={self.min_width}, got {self.max_width}"
            )
        object.__setattr__(self, "probabilities", tuple(self.probabilities))

    @override
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        height, width = size
        chances = torch.tensor(self.probabilities, dtype=torch.float64)
        fires = draws.fractions((n, 4)) < chances
        instead = torch.arange(4) == draws.picks(self.probabilities, n)[:, None]
        fires = torch.where(fires.any(1, keepdim=True), fires, instead)
        fraction = self.min_width + (self.max_width - self.min_width) * draws.fractions((n, 4))
        pixels = (fraction * torch.tensor([height, height, width, width])).long().clamp(min=1)
        top, bottom, left, right = (pixels * fires).to(device).unbind(1)
        return _outside((n, *size), (top, height - bottom), (left, width - right))


@dataclass(frozen=True, kw_only=True)
class Completion(Sampler):
    """Masks of one side of the image: from a fifth to four fifths of its rows or columns.

    Args:
        min_part: the smallest missing part of the image, from 0 to 1.
        max_part: the largest.

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
        check_fraction("min_part", self.min_part)
        check_fraction("max_part", self.max_part)
        if self.max_part < self.min_part:
            raise ValueError(
                f"max_part must be at least min_part={self.min_part}, got {self.max_part}"
            )

    @override
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        height, width = size
        side = torch.arange(4) == draws.integers(0, 3, (n, 1))
        part = self.min_part + (self.max_part - self.min_part) * draws.fractions((n, 1))
        pixels = (part * torch.tensor([height, height, width, width])).long()
        top, bottom, left, right = (pixels * side).to(device).unbind(1)
        return _outside((n, *size), (top, height - bottom), (left, width - right))


@dataclass(frozen=True, kw_only=True)
class Expand(Sampler):
    """Masks of all but a square in the centre; on request, at times of that square alone.

    The square's side is the image's shorter side divided by one of ``divisors``, rounded down to an
    even number. A tiny image may have no such square.

    Args:
        divisors: of the shorter side; one is drawn, each as likely.
        reverse_probability: how often the square is missing and the rest known, from 0 to 1; by
            default never.

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
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        side = min(size) // draws.choices(self.divisors, n)
        side = (side - side % 2).to(device)
        reversed_ = draws.coins((n, 1, 1, 1), self.reverse_probability).to(device)
        top, left = (size[0] - side) // 2, (size[1] - side) // 2
        outside = _outside((n, *size), (top, top + side), (left, left + side))
        return torch.where(reversed_, 1 - outside, outside)


def _outside(
    shape: tuple[int, int, int], rows: tuple[Tensor, Tensor], columns: tuple[Tensor, Tensor]
) -> Tensor:
    """Missing outside of a box of each mask: its first row and column, and the first ones after."""
    missing = []
    for side, (first, end) in zip(shape[1:], (rows, columns), strict=True):
        pixel = torch.arange(side, device=first.device)
        missing.append((pixel < first[:, None]) | (pixel >= end[:, None]))
    return fill_lines(*missing)
