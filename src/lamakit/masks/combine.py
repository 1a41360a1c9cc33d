"""Several samplers in one: by chance, united, or by the image's size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks.raster import Intervals, fill
from lamakit.masks.sampler import Draws, MaskSampler, Sampler, ShapeSampler, check_sampler

__all__ = ["BySize", "OneOf", "UnionOf"]


@dataclass(frozen=True)
class OneOf(Sampler):
    """Each mask from one of several samplers, drawn by weight.

    Args:
        samplers: to draw from.
        weights: how often each is drawn, in proportion; None for equally often.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if there are no samplers, or the weights do not fit them.
        TypeError: if one is not a mask sampler.

    Example:
        >>> from lamakit.masks import Completion, EveryNLines
        >>> OneOf((Completion(), EveryNLines()), weights=(3, 1)).batch(8, (64, 96)).shape
        torch.Size([8, 1, 64, 96])

    Source:
        LaMa, sec. 2.3: a mixture draws one family, it does not overlay them.
    """

    samplers: Sequence[MaskSampler]
    _: KW_ONLY
    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "samplers", _sampler_tuple(self.samplers))
        if self.weights is None:
            return
        weights = tuple(self.weights)
        if len(weights) != len(self.samplers):
            raise ValueError(
                f"weights must be as many as samplers ({len(self.samplers)}), got {len(weights)}"
            )
        if not all(0 <= weight < math.inf for weight in weights) or not any(weights):
            raise ValueError(
                f"weights must be finite, at least 0 and not all 0, got {self.weights}"
            )
        object.__setattr__(self, "weights", weights)

    @override
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        choice = draws.picks(self.weights or [1.0] * len(self.samplers), n)
        drawn = [(choice == number).nonzero()[:, 0] for number in range(len(self.samplers))]
        chosen = [
            (mine, sampler) for mine, sampler in zip(drawn, self.samplers, strict=True) if len(mine)
        ]
        # All shapes are drawn at once, whichever sampler they come from; then come the others.
        shapes = [Intervals(*torch.zeros(4, 0, dtype=torch.long, device=device))]
        others = []
        for mine, sampler in chosen:
            if isinstance(sampler, ShapeSampler):
                found = sampler.intervals(len(mine), size, draws, device)
                shapes.append(found._replace(masks=mine.to(device)[found.masks]))
            else:
                others.append((mine, sampler))
        masks = fill(Intervals(*map(torch.cat, zip(*shapes, strict=True))), n, size)
        for mine, sampler in others:
            masks[mine.to(device)] = sampler.batch(
                len(mine), size, generator=draws.generator, device=device
            )
        return masks


@dataclass(frozen=True)
class UnionOf(Sampler):
    """Masks of all that is missing in a mask of any of several samplers.

    Args:
        samplers: each of which draws a mask for every union.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if there are no samplers.
        TypeError: if one is not a mask sampler.

    Example:
        >>> from lamakit.masks import CentreBox, EveryNLines
        >>> union = UnionOf((CentreBox(area=0.25), EveryNLines(steps=(2,))))
        >>> float(union((64, 64)).mean())
        0.625

    Source:
        GLaMa, sec. 4.5: combinations that a network has not been trained with.
    """

    samplers: Sequence[MaskSampler]

    def __post_init__(self) -> None:
        object.__setattr__(self, "samplers", _sampler_tuple(self.samplers))

    @override
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        masks = torch.zeros(n, 1, *size, dtype=torch.float32, device=device)
        for sampler in self.samplers:
            part = sampler.batch(n, size, generator=draws.generator, device=device)
            masks = torch.maximum(masks, part)
        return masks


@dataclass(frozen=True)
class BySize(Sampler):
    """Masks of one sampler on small images, of another on large ones.

    Args:
        small: for images whose shorter side is below ``from_side``.
        large: for all others.
        from_side: in pixels, at least 1.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if ``from_side`` is below 1.
        TypeError: if one is not a mask sampler.

    Example:
        >>> from lamakit.masks import thin
        >>> BySize(thin(256), thin(512), from_side=384)((256, 400)).shape
        torch.Size([1, 256, 400])

    Source:
        lamakit's own. The generator of the NTIRE 2022 inpainting challenge, which GLaMa's strokes
        come from, is told the size (512 by default); ``glama_general`` takes it from the image.
    """

    small: MaskSampler
    large: MaskSampler
    _: KW_ONLY
    from_side: int

    def __post_init__(self) -> None:
        check_sampler("small", self.small)
        check_sampler("large", self.large)
        check_at_least("from_side", self.from_side, 1)

    @override
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        sampler = self.small if min(size) < self.from_side else self.large
        return sampler.batch(n, size, generator=draws.generator, device=device)


def _sampler_tuple(samplers: object) -> tuple[MaskSampler, ...]:
    if not isinstance(samplers, Sequence) or not samplers:
        raise ValueError(f"samplers must be a sequence of at least one sampler, got {samplers!r}")
    for number, sampler in enumerate(samplers):
        check_sampler(f"samplers[{number}]", sampler)
    return tuple(samplers)
