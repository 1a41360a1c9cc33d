"""Statistics of masks: how large and how wide the holes of a sampler are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lamakit._checks import check_at_least
from lamakit._imports import import_extra
from lamakit.masks.missing_pixels import Masks, missing_pixels
from lamakit.masks.sampler import MaskSampler, as_size, check_sampler

_BATCH_PIXELS = 2**22  # drawn at once


class Histogram(NamedTuple):
    """Fractions of masks whose area or width lies between neighbouring edges.

    Args:
        shares: fraction of the masks in each bin; they add up to 1.
        edges: bounds of the bins in rising order, one more than there are bins.

    Example:
        >>> from lamakit.masks import EveryNLines
        >>> area_histogram(EveryNLines(steps=(4,)), 100, (64, 64), bins=2).shares
        tensor([1., 0.], dtype=torch.float64)
    """

    shares: Tensor
    edges: Tensor


def mask_areas(masks: Masks) -> Tensor:
    """Return each mask's area: its missing pixels as a fraction of all pixels, in float64.

    Args:
        masks: above 0 where a pixel is missing; in any form that :meth:`MaskStack.of` takes.

    Shape:
        - masks: (n, 1, H, W), (n, H, W) or (H, W)
        - Output: (n,)

    Raises:
        ValueError: if the masks have another shape.
        TypeError: if they have another type.

    Example:
        >>> mask_areas(torch.eye(4).expand(2, 1, 4, 4))
        tensor([0.2500, 0.2500], dtype=torch.float64)
    """
    return missing_pixels(masks).double().mean((1, 2))


def mask_widths(masks: Masks) -> Tensor:
    """Return the width of each mask's widest hole in pixels, in float64.

    It is twice the largest distance of a missing pixel to the nearest known one: about the diameter
    of the largest disc inside of the hole. Nothing outside of the image counts as known. An empty
    mask has the width 0, a mask without a known pixel an infinite one.

    Args:
        masks: as in :func:`mask_areas`.

    Shape:
        - masks: (n, 1, H, W), (n, H, W) or (H, W)
        - Output: (n,), on the CPU

    Raises:
        ValueError: if the masks have another shape.
        TypeError: if they have another type.
        ImportError: if SciPy is missing (the extra ``io``).

    Example:
        >>> mask = torch.zeros(1, 1, 9, 9)
        >>> mask[..., 3:6, 3:6] = 1
        >>> mask_widths(mask)
        tensor([4.], dtype=torch.float64)

    Source:
        LaMa's supplementary material compares samplers by the widths of their holes; this
        definition of a width is lamakit's.
    """
    distance_to_known = import_extra(
        "scipy.ndimage", extra="io", user="mask_widths"
    ).distance_transform_edt
    missing = missing_pixels(masks).cpu().numpy()
    widths = [
        np.inf if hole.all() else 2 * float(distance_to_known(hole).max()) for hole in missing
    ]
    return torch.tensor(widths, dtype=torch.float64)


def measure_masks(
    measure: Callable[[Tensor], Tensor],
    sampler: MaskSampler,
    n: int,
    size: tuple[int, int] | int,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw masks, a part of them at a time, and return what ``measure`` finds in each.

    Args:
        measure: :func:`mask_areas`, :func:`mask_widths`, or another function of (k, 1, H, W) masks
            that returns (k,) values.
        sampler: draws the masks.
        n: number of masks, at least 1.
        size: (H, W) of the masks; an int for a square.
        generator: source of the random numbers; None for torch's global one.

    Shape:
        - Output: (n,)

    Raises:
        ValueError: if ``n`` or ``size`` is out of range.
        TypeError: if ``sampler`` is not a mask sampler.

    Example:
        >>> from lamakit.masks import thick
        >>> areas = measure_masks(mask_areas, thick(256), 100, (256, 256))
        >>> bool((areas > 0.5).any())
        True
    """
    check_sampler("sampler", sampler)
    check_at_least("n", n, 1)
    height, width = as_size(size)
    at_once = max(1, _BATCH_PIXELS // (height * width))
    return torch.cat(
        [
            measure(sampler.batch(min(at_once, n - done), (height, width), generator=generator))
            for done in range(0, n, at_once)
        ]
    )


def area_histogram(
    sampler: MaskSampler,
    n: int,
    size: tuple[int, int] | int,
    *,
    bins: int = 20,
    generator: torch.Generator | None = None,
) -> Histogram:
    """Return a histogram of the areas of a sampler's masks.

    Args:
        sampler: draws the masks.
        n: number of masks, at least 1.
        size: (H, W) of the masks; an int for a square.
        bins: number of bins from the area 0 to 1, at least 1.
        generator: source of the random numbers; None for torch's global one.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if ``sampler`` is not a mask sampler.

    Example:
        >>> from lamakit.masks import medium
        >>> area_histogram(medium(64), 50, (64, 64), bins=4).edges
        tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000], dtype=torch.float64)

    Source:
        LaMa's supplementary material.
    """
    return _histogram(measure_masks(mask_areas, sampler, n, size, generator=generator), bins, 1.0)


def width_histogram(
    sampler: MaskSampler,
    n: int,
    size: tuple[int, int] | int,
    *,
    generator: torch.Generator | None = None,
    bins: int = 20,
) -> Histogram:
    """Return a histogram of the widths of a sampler's masks, as :func:`mask_widths` defines them.

    Args:
        sampler: as in :func:`area_histogram`.
        n: number of masks.
        size: (H, W) of the masks, or an int for a square. The longer side ends the last bin; wider
            holes count in it.
        generator: as in :func:`area_histogram`.
        bins: number of bins, at least 1.

    Raises:
        ImportError: if SciPy is missing; and as :func:`area_histogram`.

    Example:
        >>> from lamakit.masks import thin
        >>> width_histogram(thin(96), 20, (64, 96), bins=3).edges
        tensor([ 0., 32., 64., 96.], dtype=torch.float64)

    Source:
        LaMa's supplementary material.
    """
    widths = measure_masks(mask_widths, sampler, n, size, generator=generator)
    return _histogram(widths, bins, float(max(as_size(size))))


def _histogram(values: Tensor, bins: int, high: float) -> Histogram:
    check_at_least("bins", bins, 1)
    counts, edges = torch.histogram(values.cpu().clamp(max=high), bins, range=(0.0, high))
    return Histogram(counts / len(values), edges)
