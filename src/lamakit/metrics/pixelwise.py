"""Metrics of single pixels."""

from __future__ import annotations

from torch import Tensor

from lamakit.metrics.region_means import check_measured, mean_within, within

__all__ = ["l1", "psnr"]


def l1(prediction: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """The mean absolute difference of each image, over the region's pixels and the channels.

    0 where both agree, at most 1; NaN for an image whose region is empty.

    Args:
        prediction: values in [0, 1].
        target: what the prediction should be.
        region: 1 where a pixel counts: a mask for its hole, or what a region makes of it.

    Shape:
        - prediction, target: (B, C, H, W)
        - region: (B, 1, H, W)
        - Output: (B,), in at least float32

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> mask = torch.eye(4).expand(1, 1, 4, 4)
        >>> l1(torch.full((1, 3, 4, 4), 0.25), torch.zeros(1, 3, 4, 4), mask)
        tensor([0.2500])
    """
    check_measured(prediction, target, region)
    return mean_within(region, (within(region, prediction) - within(region, target)).abs())


def psnr(prediction: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """The peak signal-to-noise ratio of each image in dB, over the region's pixels.

    It is -10 log10 of the mean squared difference over pixels and channels, for a peak of 1:
    infinite where both agree, 0 or more for values in [0, 1]; NaN for an image whose region is
    empty.

    Args:
        prediction: values in [0, 1].
        target: what the prediction should be.
        region: 1 where a pixel counts: a mask for its hole, or what a region makes of it.

    Shape:
        - prediction, target: (B, C, H, W)
        - region: (B, 1, H, W)
        - Output: (B,), in at least float32

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> mask = torch.eye(4).expand(1, 1, 4, 4)
        >>> psnr(torch.full((1, 3, 4, 4), 0.1), torch.zeros(1, 3, 4, 4), mask)
        tensor([20.])
    """
    check_measured(prediction, target, region)
    difference = within(region, prediction) - within(region, target)
    return -10 * mean_within(region, difference.square()).log10()
