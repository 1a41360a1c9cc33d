"""Samplers that combine others: one at random, all united, or one chosen by the image size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks.random_numbers import Random
from lamakit.masks.raster import Spans, fill_spans
from lamakit.masks.sampler import BaseSampler, MaskSampler, ShapeSampler, check_sampler


@dataclass(frozen=True, init=False)
class OneOf(BaseSampler):
    """Masks that each come from one of several samplers, chosen at random.

    Args:
        samplers: a sequence of at least one, or the first.
        *more: the others, if ``samplers`` is the first.
        weights: how often each sampler is chosen, in proportion: as many as samplers, finite, at
            least 0 and not all 0. None for equally often.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if there are no samplers, or the weights do not fit them.
        TypeError: if one is not a mask sampler.

    Example:
        >>> from lamakit.masks import Completion, EveryNLines
        >>> OneOf(Completion(), EveryNLines(), weights=(3, 1)).batch(8, (64, 96)).shape
        torch.Size([8, 1, 64, 96])

    Source:
        LaMa, sec. 2.3: a mixture draws one family, it does not overlay them.
    """

    samplers: Sequence[MaskSampler]
    weights: Sequence[float] | None

    def __init__(
        self,
        samplers: MaskSampler | Sequence[MaskSampler],
        *more: MaskSampler,
        weights: Sequence[float] | None = None,
    ) -> None:
        object.__setattr__(self, "samplers", _sampler_tuple(samplers, more))
        weights = None if weights is None else tuple(weights)
        object.__setattr__(self, "weights", weights)
        if weights is None:
            return
        if len(weights) != len(self.samplers):
            raise ValueError(
                f"weights must be as many as samplers ({len(self.samplers)}), got {len(weights)}"
            )
        if not all(0 <= weight < math.inf for weight in weights) or not any(weights):
            raise ValueError(f"weights must be finite, at least 0 and not all 0, got {weights}")

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        # The idea: the shapes of all samplers that draw shapes are rasterised together, as if they
        # came from one sampler; the masks of all other samplers are written over them.
        choice = random.weighted_indices(self.weights or [1.0] * len(self.samplers), n)
        shapes = [Spans(*torch.zeros(4, 0, dtype=torch.long, device=device))]
        others = []
        for number, sampler in enumerate(self.samplers):
            chosen = (choice == number).nonzero()[:, 0]
            if not isinstance(sampler, ShapeSampler):
                others.append((sampler, chosen))
            elif len(chosen):
                found = sampler.spans(len(chosen), size, random, device)
                shapes.append(found._replace(masks=chosen.to(device)[found.masks]))
        masks = fill_spans(Spans(*map(torch.cat, zip(*shapes, strict=True))), n, size)
        for sampler, chosen in others:
            if len(chosen):
                masks[chosen.to(device)] = sampler.batch(
                    len(chosen), size, generator=random.generator, device=device
                )
        return masks


@dataclass(frozen=True, init=False)
class UnionOf(BaseSampler):
    """Unions of masks: a pixel is missing if it is missing in a mask of any of the samplers.

    Args:
        samplers: a sequence of at least one, or the first; each draws a mask for every union.
        *more: the others, if ``samplers`` is the first.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if there are no samplers.
        TypeError: if one is not a mask sampler.

    Example:
        >>> from lamakit.masks import CentreBox, EveryNLines
        >>> union = UnionOf(CentreBox(area=0.25), EveryNLines(steps=(2,)))
        >>> float(union((64, 64)).mean())
        0.625

    Source:
        GLaMa, sec. 4.5: combinations that a network has not been trained with.
    """

    samplers: Sequence[MaskSampler]

    def __init__(self, samplers: MaskSampler | Sequence[MaskSampler], *more: MaskSampler) -> None:
        object.__setattr__(self, "samplers", _sampler_tuple(samplers, more))

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        masks = torch.zeros(n, 1, *size, dtype=torch.float32, device=device)
        for sampler in self.samplers:
            part = sampler.batch(n, size, generator=random.generator, device=device)
            masks = torch.maximum(masks, part)
        return masks


@dataclass(frozen=True)
class BySize(BaseSampler):
    """Masks of one sampler for small images, of another for large ones.

    Args:
        small: for images whose shorter side is below ``from_side``.
        large: for all others.
        from_side: shorter side in pixels, at least 1.

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
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        sampler = self.small if min(size) < self.from_side else self.large
        return sampler.batch(n, size, generator=random.generator, device=device)


def _sampler_tuple(samplers: object, more: tuple[MaskSampler, ...]) -> tuple[MaskSampler, ...]:
    """Return samplers that were given as a sequence, or one by one, as a tuple."""
    if more or isinstance(samplers, MaskSampler):
        samplers = (samplers, *more)
    if not isinstance(samplers, Sequence) or not samplers:
        raise ValueError(f"samplers must be a sequence of at least one sampler, got {samplers!r}")
    for number, sampler in enumerate(samplers):
        check_sampler(f"samplers[{number}]", sampler)
    return tuple(samplers)
