"""Crops of one image with further holes, whose pixels are known: what a network is fitted to."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks import MaskSampler, OneOf, lama_training
from lamakit.masks.random_numbers import Random
from lamakit.masks.sampler import BaseSampler

CROP_SIZE = 256
_MAX_CROPS = 4


class Example(NamedTuple):
    """Crops of an image, masks of all that is missing in them, and 1 where the truth is known."""

    image: Tensor
    mask: Tensor
    learned: Tensor


class ExampleSource:
    """Random crops of an image, each with a further hole whose pixels are known.

    Args:
        image: values of its missing pixels are not used.
        mask: its own hole.
        masks: draws further holes; None for the default of :func:`fit_to_image`.
        crop_size: side of the crops, limited by the sides of the image.
    """

    def __init__(
        self, image: Tensor, mask: Tensor, masks: MaskSampler | None, crop_size: int
    ) -> None:
        check_at_least("crop_size", crop_size, 1)
        missing = mask > 0
        self.known = (~missing[0, 0]).nonzero().cpu()
        if not len(self.known):
            raise ValueError("mask must leave a known pixel to learn from, but all are missing")
        # A loss that is multiplied by 0 is not 0 where a missing pixel holds NaN.
        self.pixels = torch.cat([image.masked_fill(missing, 0), missing.to(image.dtype)], dim=1)
        self.size = (min(crop_size, image.shape[2]), min(crop_size, image.shape[3]))
        # Of smaller crops, more: a step takes about the same time.
        self.count = min(max(CROP_SIZE**2 // math.prod(self.size), 1), _MAX_CROPS)
        self.masks = default_masks(missing[0, 0].cpu(), min(self.size)) if masks is None else masks

    def __call__(self, generator: torch.Generator | None) -> Example:
        """Draw the crops of a step and the holes in them."""
        random = Random(generator)
        # Around a random known pixel, so that every crop has something to learn from.
        chosen = self.known[random.integers(0, len(self.known) - 1, (self.count,))]
        crops = torch.cat([self._crop_around(*pixel) for pixel in chosen.tolist()])
        mirrored = random.booleans((self.count, 1, 1, 1)).to(crops.device)
        crops = torch.where(mirrored, crops.flip(-1), crops)
        image, missing = crops[:, :-1], crops[:, -1:]
        holes = self.masks.batch(self.count, self.size, generator=generator, device=crops.device)
        learned = (holes > 0) & (missing == 0)
        return Example(image, torch.maximum(missing, holes), learned.float())

    def _crop_around(self, row: int, column: int) -> Tensor:
        """Return the crop whose centre is as near as possible to a pixel."""
        sides = zip((row, column), self.size, self.pixels.shape[2:], strict=True)
        top, left = (min(max(i - size // 2, 0), side - size) for i, size, side in sides)
        return self.pixels[..., top : top + self.size[0], left : left + self.size[1]]


class OwnHole(BaseSampler):
    """Pieces of a hole (H, W), moved and mirrored at random; none is empty."""

    def __init__(self, missing: Tensor) -> None:
        self.missing = missing
        self.places = missing.nonzero()

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        # The idea: a random missing pixel moves to a random pixel of the result, and all others
        # with it. What leaves the image on one side comes back on the other.
        chosen = self.places[random.integers(0, len(self.places) - 1, (n,))]
        rows, columns = (
            (chosen[:, axis, None] + self._steps(n, wanted, random)) % self.missing.shape[axis]
            for axis, wanted in enumerate(size)
        )
        return self.missing[rows[:, :, None], columns[:, None, :]][:, None].float().to(device)

    @staticmethod
    def _steps(n: int, wanted: int, random: Random) -> Tensor:
        """Return (n, wanted) whole numbers that rise or fall by 1, with a 0 at a random place."""
        steps = torch.arange(wanted) - random.integers(0, wanted - 1, (n, 1))
        return torch.where(random.booleans((n, 1)), -steps, steps)


def default_masks(missing: Tensor, side: int) -> MaskSampler:
    """Return the sampler of further holes for an image with this hole and crops of this side."""
    others = lama_training(side)
    return OneOf((OwnHole(missing), others)) if missing.any() else others
