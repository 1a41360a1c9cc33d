"""Another sampler's masks: inverted, larger, or of bounded area."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least, check_fraction
from lamakit.images.morphology import dilated
from lamakit.masks.sampler import Draws, MaskSampler, Sampler, check_sampler

__all__ = ["AreaBounds", "Dilated", "Inverted"]


@dataclass(frozen=True)
class Inverted(Sampler):
    """Masks of what another sampler's masks leave known.

    Args:
        sampler: whose masks are inverted.

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
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        return 1 - self.sampler.batch(n, size, generator=draws.generator, device=device)


@dataclass(frozen=True)
class Dilated(Sampler):
    """Another sampler's masks, grown by some pixels, diagonals included.

    Args:
        sampler: whose masks grow.
        pixels: by how many pixels, at least 0.

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
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        masks = self.sampler.batch(n, size, generator=draws.generator, device=device)
        return dilated(masks, self.pixels)


@dataclass(frozen=True)
class AreaBounds(Sampler):
    """Another sampler's masks, drawn again until the missing share of the image is within bounds.

    Only the masks that are out of bounds are drawn again, all of them at once. This looks at the
    masks' values, so on a GPU it waits for them.

    Args:
        sampler: whose masks are drawn.
        min_area: the least share of missing pixels, from 0 to 1.
        max_area: the largest share, from 0 to 1.
        max_tries: how often a mask is drawn before the search ends with an error.

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
        check_fraction("min_area", self.min_area)
        check_fraction("max_area", self.max_area)
        if self.max_area < self.min_area:
            raise ValueError(
                f"max_area must be at least min_area={self.min_area}, got {self.max_area}"
            )
        check_at_least("max_tries", self.max_tries, 1)

    @override
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        masks = torch.empty(n, 1, *size, dtype=torch.float32, device=device)
        missing = torch.arange(n)
        seen = []
        for _ in range(self.max_tries):
            drawn = self.sampler.batch(len(missing), size, generator=draws.generator, device=device)
            masks[missing.to(device)] = drawn
            areas = (drawn > 0).sum((1, 2, 3)).cpu().double() / (size[0] * size[1])
            seen.append(areas)
            missing = missing[(areas < self.min_area) | (areas > self.max_area)]
            if not len(missing):
                return masks
        every = torch.cat(seen)
        raise ValueError(
            f"{len(missing)} of {n} masks of {size[0]}x{size[1]} pixels had no area from "
            f"{self.min_area} to {self.max_area} in {self.max_tries} tries: areas from "
            f"{every.min():.3f} to {every.max():.3f} were seen, {every.mean():.3f} on average; "
            f"widen the bounds, raise max_tries, or give another sampler than {self.sampler}"
        )
