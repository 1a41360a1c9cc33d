"""How large and how wide the holes of a sampler are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_size
from lamakit.masks.sampler import MaskSampler, check_sampler

__all__ = ["Histogram", "area_histogram", "areas", "sample", "width_histogram", "widths"]

_BATCH_PIXELS = 2**22  # drawn at once


class Histogram(NamedTuple):
    """Which share of the masks lies between each two neighbouring edges.

    Args:
        shares: one for each bin; they add up to 1.
        edges: one more than bins, in rising order.

    Example:
        >>> from lamakit.masks import EveryNLines
        >>> area_histogram(EveryNLines(steps=(4,)), 100, (64, 64), bins=2).shares
        tensor([1., 0.], dtype=torch.float64)
    """

    shares: Tensor
    edges: Tensor


def areas(masks: Tensor) -> Tensor:
    """The missing share of each mask, in float64.

    Args:
        masks: 1 where a pixel is missing.

    Shape:
        - masks: (n, 1, H, W)
        - Output: (n,)

    Raises:
        ValueError: if the masks have another shape.

    Example:
        >>> areas(torch.eye(4).expand(2, 1, 4, 4))
        tensor([0.2500, 0.2500], dtype=torch.float64)
    """
    _check_masks(masks)
    return (masks > 0.5).double().mean((1, 2, 3))


def widths(masks: Tensor) -> Tensor:
    """The width of each mask's widest hole in pixels, in float64.

    It is twice the largest distance of a missing pixel to a known one: the diameter of the largest
    disc that the hole has room for. What lies outside the image is neither missing nor known. An
    empty mask has width 0, a mask without a known pixel an infinite one. Needs SciPy
    (``pip install "lamakit[masks]"``).

    Args:
        masks: 1 where a pixel is missing.

    Shape:
        - masks: (n, 1, H, W)
        - Output: (n,), on the CPU

    Raises:
        ValueError: if the masks have another shape.
        ImportError: if SciPy is missing.

    Example:
        >>> mask = torch.zeros(1, 1, 9, 9)
        >>> mask[..., 3:6, 3:6] = 1
        >>> widths(mask)
        tensor([4.], dtype=torch.float64)

    Source:
        LaMa's supplementary material compares samplers by the widths of their holes.
    """
    _check_masks(masks)
    try:
        from scipy.ndimage import distance_transform_edt  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ImportError('widths need SciPy: pip install "lamakit[masks]"') from error
    missing = (masks[:, 0] > 0.5).cpu().numpy()
    measured = [
        np.inf if mask.all() else 2 * float(distance_transform_edt(mask).max()) for mask in missing
    ]
    return torch.tensor(measured, dtype=torch.float64)


def sample(
    measure: Callable[[Tensor], Tensor],
    sampler: MaskSampler,
    n: int,
    size: tuple[int, int],
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """What ``measure`` finds in masks of a sampler, drawn some at a time.

    Args:
        measure: :func:`areas`, :func:`widths`, or any function of (k, 1, H, W) masks with one
            value for each.
        sampler: draws the masks.
        n: how many masks, at least 1.
        size: (H, W) of the masks.
        generator: of the masks; None for torch's global one.

    Shape:
        - Output: (n,)

    Raises:
        ValueError: if ``n`` or ``size`` is out of range.
        TypeError: if ``sampler`` is not a mask sampler.

    Example:
        >>> from lamakit.masks import thick
        >>> drawn = sample(areas, thick(256), 100, (256, 256))
        >>> bool((drawn > 0.5).any())
        True
    """
    check_sampler("sampler", sampler)
    check_at_least("n", n, 1)
    check_size("size", size)
    return torch.cat([measure(masks) for masks in _batches(sampler, n, size, generator)])


def area_histogram(
    sampler: MaskSampler,
    n: int,
    size: tuple[int, int],
    *,
    bins: int = 20,
    generator: torch.Generator | None = None,
) -> Histogram:
    """How often a sampler's masks have which area.

    Args:
        sampler: draws the masks.
        n: how many masks, at least 1.
        size: (H, W) of the masks.
        bins: how many, from an area of 0 to 1.
        generator: of the masks; None for torch's global one.

    Returns:
        A :class:`Histogram` over shares of the image.

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
    return _histogram(sample(areas, sampler, n, size, generator=generator), bins, 1.0)


def width_histogram(
    sampler: MaskSampler,
    n: int,
    size: tuple[int, int],
    *,
    bins: int = 20,
    generator: torch.Generator | None = None,
) -> Histogram:
    """How often the widest hole of a sampler's masks has which width.

    Args:
        sampler: draws the masks.
        n: how many masks, at least 1.
        size: (H, W) of the masks.
        bins: how many, from a width of 0 to the image's longer side; what is wider counts in the
            last.
        generator: of the masks; None for torch's global one.

    Returns:
        A :class:`Histogram` over pixels; :func:`widths` tells what a width is.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if ``sampler`` is not a mask sampler.
        ImportError: if SciPy is missing.

    Example:
        >>> from lamakit.masks import medium
        >>> width_histogram(medium(64), 50, (64, 64), bins=4).edges
        tensor([ 0., 16., 32., 48., 64.], dtype=torch.float64)

    Source:
        LaMa's supplementary material.
    """
    drawn = sample(widths, sampler, n, size, generator=generator)
    return _histogram(drawn, bins, float(max(size)))


def _histogram(values: Tensor, bins: int, high: float) -> Histogram:
    check_at_least("bins", bins, 1)
    values = values.cpu().clamp(max=high)
    counts, edges = torch.histogram(values, bins, range=(0.0, high))
    return Histogram(counts / len(values), edges)


def _batches(
    sampler: MaskSampler, n: int, size: tuple[int, int], generator: torch.Generator | None
) -> Iterator[Tensor]:
    at_once = max(1, _BATCH_PIXELS // (size[0] * size[1]))
    for done in range(0, n, at_once):
        yield sampler.batch(min(at_once, n - done), size, generator=generator)


def _check_masks(masks: Tensor) -> None:
    if masks.ndim != 4 or masks.shape[1] != 1:
        raise ValueError(f"masks must have shape (n, 1, H, W), got {tuple(masks.shape)}")
