"""Which pixels count, and how large the hole is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_feature_map
from lamakit.images.morphology import dilated

__all__ = [
    "Metric",
    "Region",
    "known_pixels",
    "missing_pixels",
    "restrict_to",
    "ring_around_hole",
    "whole_image",
]

Metric: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From prediction, target and region (or mask) to one value for each image."""

Region: TypeAlias = Callable[[Tensor], Tensor]
"""From a mask to the pixels that count: (B, 1, H, W), 1 where one does."""


def missing_pixels(mask: Tensor) -> Tensor:
    """The missing pixels.

    Args:
        mask: 1 where a pixel is missing; anything above 0 counts.

    Shape:
        - mask: (B, 1, H, W)
        - Output: (B, 1, H, W), 1 where a pixel counts

    Raises:
        ValueError: if the mask's shape does not fit.
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> missing_pixels(torch.tensor([[[[0.0, 0.2, 1.0]]]]))
        tensor([[[[0., 1., 1.]]]])
    """
    check_feature_map("mask", mask, 1)
    return (mask > 0).to(mask.dtype)


def known_pixels(mask: Tensor) -> Tensor:
    """The pixels that are not missing.

    Args:
        mask: 1 where a pixel is missing; anything above 0 counts.

    Shape:
        - mask: (B, 1, H, W)
        - Output: (B, 1, H, W), 1 where a pixel counts

    Raises:
        ValueError: if the mask's shape does not fit.
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> known_pixels(torch.tensor([[[[0.0, 0.2, 1.0]]]]))
        tensor([[[[1., 0., 0.]]]])
    """
    return 1 - missing_pixels(mask)


def whole_image(mask: Tensor) -> Tensor:
    """All pixels.

    Args:
        mask: only its size counts.

    Shape:
        - mask: (B, 1, H, W)
        - Output: (B, 1, H, W), 1 throughout

    Raises:
        ValueError: if the mask's shape does not fit.
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> whole_image(torch.tensor([[[[0.0, 0.2, 1.0]]]]))
        tensor([[[[1., 1., 1.]]]])
    """
    check_feature_map("mask", mask, 1)
    return torch.ones_like(mask)


def ring_around_hole(width: int) -> Region:
    """A region of the known pixels next to the hole.

    Args:
        width: how far from the hole a pixel may be, diagonals counted as 1; at least 1.

    Returns:
        A function from a mask (B, 1, H, W) to the region, of the same shape.

    Raises:
        ValueError: if ``width`` is below 1.
        TypeError: if it is not an int.

    Example:
        >>> import torch
        >>> ring_around_hole(2)(torch.tensor([[[[0.0, 0.0, 0.0, 1.0, 1.0]]]]))
        tensor([[[[0., 1., 1., 0., 0.]]]])
    """
    check_at_least("width", width, 1)

    def around(mask: Tensor) -> Tensor:
        missing = missing_pixels(mask)
        return dilated(missing, width) - missing

    return around


def restrict_to(region: Region, metric: Metric) -> Metric:
    """A metric that is given a mask and looks at a region of it.

    A metric alone measures where its third argument is 1: given a mask, that is the hole.

    Args:
        region: :func:`missing_pixels`, :func:`known_pixels`, :func:`whole_image`, ``ring_around_hole(width)``, or any function
            from a mask to a region.
        metric: takes prediction, target and region.

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
    return lambda prediction, target, mask: metric(prediction, target, region(mask))
