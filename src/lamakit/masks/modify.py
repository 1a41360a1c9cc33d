"""Samplers that change another sampler's masks: inverted, dilated, or of bounded area."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least, check_fraction_range
from lamakit.images.morphology import dilate_unchecked
from lamakit.masks.random_numbers import Random
from lamakit.masks.sampler import BaseSampler, MaskSampler, check_sampler


@dataclass(frozen=True)
class Inverted(BaseSampler):
    """Another sampler's masks, inverted: what was known is missing, and the other way round.

    Args:
        sampler: draws the masks.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        TypeError: if it is not a mask sampler.

    Example:
        >>> from lamakit.masks import EveryNLines
        >>> float(Inverted(EveryNLines(steps=(4,)))((64, 64)).mean())
        0.75
    """

    sampler: MaskSampler

    def __post_init__(self) -> None:
        check_sampler("sampler", self.sampler)

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        return 1 - self.sampler.batch(n, size, generator=random.generator, device=device)


@dataclass(frozen=True)
class Dilated(BaseSampler):
    """Another sampler's masks, dilated as by :func:`lamakit.images.dilate`.

    Args:
        sampler: draws the masks.
        pixels: by how many pixels the missing region grows in every direction, diagonals included;
            at least 0.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if ``pixels`` is negative.
        TypeError: if ``sampler`` is not a mask sampler.

    Example:
        >>> from lamakit.masks import Boxes
        >>> box = Boxes(min_times=1, max_times=1, min_size=4, max_size=4, margin=8)
        >>> int(Dilated(box, pixels=2)((64, 64)).sum())
        64
    """

    sampler: MaskSampler
    _: KW_ONLY
    pixels: int

    def __post_init__(self) -> None:
        check_sampler("sampler", self.sampler)
        check_at_least("pixels", self.pixels, 0)

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        masks = self.sampler.batch(n, size, generator=random.generator, device=device)
        return dilate_unchecked(masks, self.pixels)


@dataclass(frozen=True)
class AreaBounds(BaseSampler):
    """Another sampler's masks, drawn again until the missing part of the image is within bounds.

    The area of a mask is its missing pixels as a fraction of all pixels. This reads the masks'
    values, so on a GPU it waits until they are computed.

    Args:
        sampler: draws the masks.
        min_area: smallest area, from 0 to 1.
        max_area: largest area, from ``min_area`` to 1.
        max_tries: how often a mask is drawn at most, at least 1; then an error ends the search.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range; when drawing, if a mask is still out of bounds
            after ``max_tries``: the message has the areas that were seen.
        TypeError: if ``sampler`` is not a mask sampler.

    Example:
        >>> from lamakit.masks import thick
        >>> masks = AreaBounds(thick(256), max_area=0.5).batch(16, (256, 256))
        >>> bool(masks.mean((1, 2, 3)).max() <= 0.5)
        True

    Source:
        LaMa, fig. 3: test sets avoid masks that cover more than half of an image.
    """

    sampler: MaskSampler
    _: KW_ONLY
    min_area: float = 0.0
    max_area: float = 1.0
    max_tries: int = 100

    def __post_init__(self) -> None:
        check_sampler("sampler", self.sampler)
        check_fraction_range("min_area", self.min_area, "max_area", self.max_area)
        check_at_least("max_tries", self.max_tries, 1)

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        # The idea: rejection sampling of a whole batch. Each round draws masks for all places that
        # have no mask within bounds yet, and keeps those that are.
        #
        #     mask          0  1  2  3  4
        #     round 1       ok .  ok .  .
        #     round 2          ok    ok .
        #     round 3                   ok
        masks = torch.empty(n, 1, *size, dtype=torch.float32, device=device)
        open_places = torch.arange(n)
        seen = []
        for _ in range(self.max_tries):
            drawn = self.sampler.batch(
                len(open_places), size, generator=random.generator, device=device
            )
            masks[open_places.to(device)] = drawn
            areas = (drawn > 0).sum((1, 2, 3)).cpu().double() / (size[0] * size[1])
            seen.append(areas)
            open_places = open_places[(areas < self.min_area) | (areas > self.max_area)]
            if not len(open_places):
                return masks
        every = torch.cat(seen)
        raise ValueError(
            f"{len(open_places)} of {n} masks of {size[0]}x{size[1]} pixels had no area from "
            f"{self.min_area} to {self.max_area} in {self.max_tries} tries: areas from "
            f"{every.min():.3f} to {every.max():.3f} were seen, {every.mean():.3f} on average; "
            f"widen the bounds, raise max_tries, or give another sampler than {self.sampler}"
        )
