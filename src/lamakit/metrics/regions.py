"""Regions of an image, made from its mask: the pixels that a metric looks at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_feature_map
from lamakit.images.morphology import dilate_unchecked

Metric: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
"""A function of prediction, target and region (or mask) that returns one value for each image."""

Region: TypeAlias = Callable[[Tensor], Tensor]
"""A function from a mask to a region: (B, 1, H, W), 1 where a pixel counts."""


def missing_pixels(mask: Tensor) -> Tensor:
    """Return the region of the missing pixels, the hole.

    Args:
        mask: 1 where a pixel is missing, 0 where it is known; anything above 0 counts as missing.

    Shape:
        - mask: (B, 1, H, W)
        - Output: (B, 1, H, W), 1 where a pixel counts, else 0

    Raises:
        ValueError: if the mask is not (B, 1, H, W).
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> missing_pixels(torch.tensor([[[[0.0, 0.2, 1.0]]]]))
        tensor([[[[0., 1., 1.]]]])
    """
    check_feature_map("mask", mask, 1)
    return (mask > 0).to(mask.dtype)


def known_pixels(mask: Tensor) -> Tensor:
    """Return the region of the known pixels, everything but the hole.

    Args:
        mask: as in :func:`missing_pixels`.

    Shape:
        As in :func:`missing_pixels`.

    Raises:
        ValueError: as :func:`missing_pixels`.
        TypeError: as :func:`missing_pixels`.

    Example:
        >>> import torch
        >>> known_pixels(torch.tensor([[[[0.0, 0.2, 1.0]]]]))
        tensor([[[[1., 0., 0.]]]])
    """
    check_feature_map("mask", mask, 1)
    return (~(mask > 0)).to(mask.dtype)


def whole_image(mask: Tensor) -> Tensor:
    """Return the region of all pixels.

    Args:
        mask: only its shape, dtype and device are used.

    Shape:
        - mask: (B, 1, H, W)
        - Output: the same, 1 everywhere

    Raises:
        ValueError: as :func:`missing_pixels`.
        TypeError: as :func:`missing_pixels`.

    Example:
        >>> import torch
        >>> whole_image(torch.tensor([[[[0.0, 0.2, 1.0]]]]))
        tensor([[[[1., 1., 1.]]]])
    """
    check_feature_map("mask", mask, 1)
    return torch.ones_like(mask)


def ring_around_hole(width: int) -> Region:
    """Return a function from a mask to the region of the known pixels next to the hole.

    Args:
        width: the largest distance from the hole in pixels, at least 1. A diagonal neighbour has
            distance 1 too.

    Returns:
        A region such as :func:`known_pixels`: a function of a mask.

    Raises:
        ValueError: if ``width`` is below 1.
        TypeError: if it is not an int.

    Example:
        >>> import torch
        >>> ring_around_hole(2)(torch.tensor([[[[0.0, 0.0, 0.0, 1.0, 1.0]]]]))
        tensor([[[[0., 1., 1., 0., 0.]]]])
    """
    check_at_least("width", width, 1)
    return partial(_ring, width=width)


def restrict_to(region: Region, metric: Metric) -> Metric:
    """Return the metric as a function of a mask that looks only at a region of it.

    A metric such as :func:`l1` looks where its third argument is 1: given a mask, that is the hole.
    The metric returned here takes a mask too, and looks at ``region(mask)`` instead.

    Args:
        region: :func:`missing_pixels`, :func:`known_pixels`, :func:`whole_image`,
            ``ring_around_hole(width)``, or any other function from a mask to a region.
        metric: a function of prediction, target and region.

    Returns:
        A function of prediction, target and mask.

    Example:
        >>> import torch
        >>> from lamakit.metrics import l1
        >>> prediction, target = torch.ones(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
        >>> mask = torch.eye(4).expand(1, 1, 4, 4)
        >>> restrict_to(known_pixels, l1)(prediction * mask, target, mask)
        tensor([0.])
    """
    return partial(_measure, metric, region)


# Partials of these instead of functions inside of functions, which cannot be pickled.
def _ring(mask: Tensor, *, width: int) -> Tensor:
    missing = missing_pixels(mask)
    return dilate_unchecked(missing, width) - missing


def _measure(
    metric: Metric, region: Region, prediction: Tensor, target: Tensor, mask: Tensor
) -> Tensor:
    return metric(prediction, target, region(mask))
