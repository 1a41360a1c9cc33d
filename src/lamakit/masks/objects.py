"""Masks in the shape of an image's own objects."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_at_least, check_fraction
from lamakit.masks.missing_pixels import Masks
from lamakit.masks.random_numbers import Random
from lamakit.masks.runs import Bools
from lamakit.masks.sampler import BaseSampler
from lamakit.masks.stack import MaskStack, as_stack
from lamakit.masks.variants import VariantSearch


@dataclass(frozen=True)
class ObjectShaped(BaseSampler):
    """Masks in the shape of an image's objects, placed beside the objects.

    Of each object whose area fits, variants are made: mirrored or not, scaled, moved up or down,
    and moved sideways to a random one of the places that ``max_overlap`` and ``max_outside``
    allow. A mask is one of the variants of all objects, all equally likely. Objects with a ragged
    outline take longer.

    Args:
        instances: a mask for each object in the image, from any segmentation: a
            :class:`MaskStack`, or anything that ``MaskStack.of`` makes one from. A sampler is for
            one image.
        min_area: smallest area of an object, and of a variant, as a fraction of the image.
        max_area: largest area of an object, as a fraction of the image.
        variants: most variants of an object, at least 1.
        max_scale: largest change of a variant's size, as a fraction from 0 to 1.
        max_shift: largest move up or down, as a fraction of the image's height.
        max_overlap: largest fraction of a variant that lies on objects of the image, its own
            included, or on any single variant accepted before.
        max_outside: largest fraction of a variant that lies outside the image.
        max_tries: how often variants of all objects are made at most, at least 1; then an error
            ends the search.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W). Variants are placed at the instances'
          size; masks of another size are resized by nearest neighbour.

    Raises:
        ValueError: if an argument is out of range, the masks have another shape, or no object has
            an area that fits; when drawing, if no variant can be placed.
        TypeError: if ``instances`` are no masks.

    Example:
        >>> disc = (torch.cartesian_prod(torch.arange(64), torch.arange(64)) - 20).square().sum(1)
        >>> sampler = ObjectShaped((disc < 100).view(1, 64, 64))
        >>> sampler((64, 64), generator=torch.Generator().manual_seed(0)).shape
        torch.Size([1, 64, 64])

    Source:
        LaMa, sec. 3.1 and Table 1 ("segmentation masks"); the rules of placing are those of its
        released code. Difference: that detects the objects itself.
    """

    instances: MaskStack | Masks
    _: KW_ONLY
    min_area: float = 0.02
    max_area: float = 0.3
    variants: int = 4
    max_scale: float = 0.25
    max_shift: float = 0.1
    max_overlap: float = 0.5
    max_outside: float = 0.2
    max_tries: int = 10

    def __post_init__(self) -> None:
        object.__setattr__(self, "instances", as_stack(self.instances))
        for name in (
            "min_area",
            "max_area",
            "max_scale",
            "max_shift",
            "max_overlap",
            "max_outside",
        ):
            check_fraction(name, getattr(self, name))
        check_at_least("variants", self.variants, 1)
        check_at_least("max_tries", self.max_tries, 1)
        objects = self._objects()
        if not self._fits(objects).any():
            raise ValueError(
                f"no object covers {self.min_area} to {self.max_area} of the image: their areas "
                f"are {', '.join(f'{area:.3f}' for area in _areas(objects))}"
            )

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        objects = self._objects()
        search = VariantSearch(
            self, objects[self._fits(objects)], np.logical_or.reduce(objects), random
        )
        masks = np.zeros((n, 1, *objects.shape[1:]), dtype=np.float32)
        for mask in masks[:, 0]:
            variant = search.choose()
            height, width = variant.mask.shape
            mask[variant.top :, variant.left :][:height, :width] = variant.mask
        return F.interpolate(torch.from_numpy(masks), size, mode="nearest").to(device)

    def _objects(self) -> Bools:
        stack = as_stack(self.instances)
        objects: Bools = stack.select(torch.arange(len(stack), device="cpu")).numpy()
        return objects

    def _fits(self, objects: Bools) -> Bools:
        areas = _areas(objects)
        fits: Bools = (areas > 0) & (areas >= self.min_area) & (areas <= self.max_area)
        return fits


def _areas(objects: Bools) -> npt.NDArray[np.float64]:
    """Return each object's area as a fraction of the image."""
    areas: npt.NDArray[np.float64] = np.count_nonzero(objects, axis=(1, 2)) / objects[0].size
    return areas
