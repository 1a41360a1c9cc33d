"""Metrics that compare pixel with pixel."""

from __future__ import annotations

from torch import Tensor

from lamakit._value_range import warn_outside_unit_range
from lamakit.metrics.region_means import check_metric_inputs, mean_inside, zero_outside


def l1(prediction: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """Return the mean absolute difference of each image over the region and the channels.

    0 is best, 1 the largest value. An image whose region is empty has the value NaN.

    Args:
        prediction: the filled images, values in [0, 1].
        target: the true images, values in [0, 1].
        region: 1 where a pixel counts, 0 elsewhere (anything above 0 counts). A mask selects the
            hole; :func:`restrict_to` makes a metric take a mask and look at another region.

    Shape:
        - prediction, target: (B, C, H, W)
        - region: (B, 1, H, W)
        - Output: (B,), in float32, or in float64 if the images are

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if one of the three is not a floating-point tensor.

    Example:
        >>> import torch
        >>> mask = torch.eye(4).expand(1, 1, 4, 4)
        >>> l1(torch.full((1, 3, 4, 4), 0.25), torch.zeros(1, 3, 4, 4), mask)
        tensor([0.2500])
    """
    check_metric_inputs(prediction, target, region)
    difference = zero_outside(prediction, region) - zero_outside(target, region)
    return mean_inside(difference.abs(), region)


def psnr(prediction: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio of each image over the region, in dB.

    ``-10 * log10(mean((prediction - target)**2))``, the mean over the region's pixels and the
    channels, for a peak value of 1. Larger is better: infinite where both agree, at least 0 for
    values in [0, 1]. An image whose region is empty has the value NaN. On a CPU, values clearly
    outside of [0, 1] in the region are warned about, once in a process.

    Args:
        prediction: the filled images, values in [0, 1]; divide values in 0..255 by 255.
        target: the true images, values in [0, 1].
        region: as in :func:`l1`.

    Shape:
        As in :func:`l1`.

    Raises:
        ValueError: as :func:`l1`.
        TypeError: as :func:`l1`.

    Example:
        >>> import torch
        >>> mask = torch.eye(4).expand(1, 1, 4, 4)
        >>> psnr(torch.full((1, 3, 4, 4), 0.1), torch.zeros(1, 3, 4, 4), mask)
        tensor([20.])
    """
    check_metric_inputs(prediction, target, region)
    prediction, target = zero_outside(prediction, region), zero_outside(target, region)
    warn_outside_unit_range("prediction", prediction)
    warn_outside_unit_range("target", target)
    return -10 * mean_inside((prediction - target).square(), region).log10()
