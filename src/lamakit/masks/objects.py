"""Holes in the shape of an image's own objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_at_least, check_fraction
from lamakit.masks.runs import Bools
from lamakit.masks.sampler import Draws, Sampler
from lamakit.masks.stack import MaskStack
from lamakit.masks.variants import VariantSearch

__all__ = ["ObjectShaped"]


@dataclass(frozen=True, kw_only=True)
class ObjectShaped(Sampler):
    """Masks in the shape of an image's objects, moved to where they hide something else.

    Each object of fitting size gets some variants: mirrored or not, larger or smaller, moved up or
    down, and moved sideways to one of all the places where it keeps the rules below. A mask is one
    of all the variants in the image. Whatever is drawn, each choice is as likely. Time grows with
    the number of stretches of pixels along the objects' rows: ragged ones take longer.

    Args:
        instances: a mask for each object in the image; whoever segments it may make them. One
            sampler serves one image.
        min_area: the smallest object and the smallest variant, as a share of the image.
        max_area: the largest object, as a share of the image.
        variants: the most variants of an object.
        max_scale: by how much a variant is larger or smaller at most, as a fraction.
        max_shift: by how much it is moved up or down at most, as a fraction of the height.
        max_overlap: the largest share of a variant that lies on objects of the image, its own
            among them, or on any one variant accepted before.
        max_outside: the largest share of a variant that lies outside the image.
        max_tries: how often the variants are drawn before the search for one ends with an error.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W). Rules are kept at the instances' size;
          where another is asked for, masks are resized.

    Raises:
        ValueError: if an argument is out of range, or no object has a fitting size; when drawing,
            if no variant keeps the rules.
        TypeError: if ``instances`` is not a :class:`MaskStack`.

    Example:
        >>> disc = (torch.cartesian_prod(torch.arange(64), torch.arange(64)) - 20).square().sum(1)
        >>> sampler = ObjectShaped(instances=MaskStack.of((disc < 100).view(1, 64, 64)))
        >>> sampler((64, 64), generator=torch.Generator().manual_seed(0)).shape
        torch.Size([1, 64, 64])

    Source:
        LaMa, sec. 3.1 and Table 1 ("segmentation masks"); the rules are its released code's.
        Difference: no detector inside.
    """

    instances: MaskStack
    min_area: float = 0.02
    max_area: float = 0.3
    variants: int = 4
    max_scale: float = 0.25
    max_shift: float = 0.1
    max_overlap: float = 0.5
    max_outside: float = 0.2
    max_tries: int = 10

    def __post_init__(self) -> None:
        if not isinstance(self.instances, MaskStack):
            raise TypeError(
                f"instances must be a MaskStack, got {type(self.instances).__name__}; "
                "MaskStack.of makes one from a tensor"
            )
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
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        objects = self._objects()
        search = VariantSearch(
            self, objects[self._fits(objects)], np.logical_or.reduce(objects), draws
        )
        masks = np.zeros((n, 1, *objects.shape[1:]), dtype=np.float32)
        for mask in masks[:, 0]:
            chosen = search.choose()
            height, width = chosen.mask.shape
            mask[chosen.top :, chosen.left :][:height, :width] = chosen.mask
        return F.interpolate(torch.from_numpy(masks), size, mode="nearest").to(device)

    def _objects(self) -> Bools:
        indices = torch.arange(len(self.instances), device="cpu")
        objects: Bools = self.instances.select(indices).numpy()
        return objects

    def _fits(self, objects: Bools) -> Bools:
        areas = _areas(objects)
        fits: Bools = (areas > 0) & (areas >= self.min_area) & (areas <= self.max_area)
        return fits


def _areas(objects: Bools) -> npt.NDArray[np.float64]:
    """Return each object's share of the image."""
    shares: npt.NDArray[np.float64] = np.count_nonzero(objects, axis=(1, 2)) / objects[0].size
    return shares
