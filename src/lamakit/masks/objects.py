"""Holes in the shape of an image's own objects."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_at_least, check_fraction
from lamakit.masks.sampler import Draws, Sampler
from lamakit.masks.stack import MaskStack

__all__ = ["ObjectShaped"]

_POSITIONS = 8  # how many columns an object is tried at, evenly apart


@dataclass(frozen=True, kw_only=True)
class ObjectShaped(Sampler):
    """Masks in the shape of an image's objects, moved to where they hide something else.

    Each object of fitting size gets some variants: mirrored or not, larger or smaller, moved up or
    down, and put at the first of some columns, in random order, that keeps the rules below. Of all
    variants in the image, a mask is one.

    Args:
        instances: a mask for each object in the image; whoever segments it may make them. One
            sampler serves one image.
        min_area: the smallest object and the smallest variant, as a share of the image.
        max_area: the largest object, as a share of the image.
        variants: the most variants of an object.
        max_scale: by how much a variant is larger or smaller at most, as a fraction.
        max_shift: by how much it is moved up or down at most, as a fraction of the height.
        max_overlap: the largest share of a variant that lies on its own object or on a variant
            accepted before; the largest share of any other object that it hides.
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
        LaMa, sec. 3.1 ("segmentation masks"); released code. Difference: no detector inside.
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
        areas = _areas(self.instances.select(torch.arange(len(self.instances), device="cpu")))
        if not self._fitting(areas).any():
            raise ValueError(
                f"no object covers {self.min_area} to {self.max_area} of the image: their areas "
                f"are {', '.join(f'{area:.3f}' for area in areas.tolist())}"
            )

    @override
    def _draw(self, n: int, size: tuple[int, int], draws: Draws, device: torch.device) -> Tensor:
        objects = self.instances.select(torch.arange(len(self.instances)))
        masks = torch.stack([self._one(objects, draws) for _ in range(n)])
        return F.interpolate(masks[:, None].float(), size, mode="nearest").to(device)

    def _fitting(self, areas: Tensor) -> Tensor:
        return (areas >= self.min_area) & (areas <= self.max_area)

    def _one(self, objects: Tensor, draws: Draws) -> Tensor:
        for _ in range(self.max_tries):
            accepted: list[Tensor] = []
            for index in self._fitting(_areas(objects)).nonzero()[:, 0].tolist():
                others = torch.cat((objects[:index], objects[index + 1 :]))
                for _ in range(self.variants):
                    moved, inside = self._moved(objects[index], draws)
                    keeps = self._keeps(moved, inside, torch.stack([objects[index], *accepted]))
                    keeps &= (_overlap(others, moved) <= self.max_overlap).all(0)
                    accepted += moved[keeps][:1]
            if accepted:
                return accepted[int(draws.integers(0, len(accepted) - 1, ()))]
        raise ValueError(
            f"no variant of any object kept the rules in {self.max_tries} tries; raise "
            "max_overlap, max_outside, max_shift or max_tries"
        )

    def _keeps(self, moved: Tensor, inside: Tensor, apart_from: Tensor) -> Tensor:
        """Which of the moved objects keep all rules but that of the other objects."""
        apart = (_overlap(moved, apart_from) <= self.max_overlap).all(1)
        return (_areas(moved) >= self.min_area) & (inside >= 1 - self.max_outside) & apart

    def _moved(self, shape: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The object at every column, and how much of each lies inside the image."""
        height, width = shape.shape
        scale = 1 + self.max_scale * (2 * float(draws.fractions(())) - 1)
        shift = self.max_shift * (2 * float(draws.fractions(())) - 1) * height
        if draws.coins(()):
            shape = shape.flip(1)
        rows, columns = shape.any(1).nonzero()[:, 0], shape.any(0).nonzero()[:, 0]
        middle_y, middle_x = (float(side.double().mean()) for side in (rows, columns))
        positions = (draws.fractions((_POSITIONS,)).argsort() + 0.5) / _POSITIONS * width
        from_y = _source(height, middle_y + shift, middle_y, scale)
        from_x = _source(width, positions[:, None], middle_x, scale)
        valid_y = (from_y >= 0) & (from_y < height)
        valid_x = (from_x >= 0) & (from_x < width)
        moved = shape[from_y.clamp(0, height - 1)][:, from_x.clamp(0, width - 1)]
        moved = (moved & valid_y[:, None, None] & valid_x).transpose(0, 1)
        whole = float(shape.sum()) * scale**2
        return moved, moved.sum((1, 2)) / whole


def _source(side: int, target: Tensor | float, middle: float, scale: float) -> Tensor:
    """Where each pixel along an axis comes from, if ``middle`` goes to ``target``."""
    pixels = torch.arange(side, dtype=torch.float64)
    source = (pixels - target) / scale + middle
    return source.round().long()


def _areas(masks: Tensor) -> Tensor:
    return masks.double().mean((1, 2))


def _overlap(masks: Tensor, others: Tensor) -> Tensor:
    """The share of each mask (rows) that lies on each of the others (columns)."""
    flat, other = masks.flatten(1).float(), others.flatten(1).float()
    return (flat @ other.T) / flat.sum(1, keepdim=True).clamp(min=1)
