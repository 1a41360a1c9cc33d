"""Structural similarity."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit.metrics.region_means import check_measured, mean_within, within

__all__ = ["ssim"]

_RADIUS, _SIGMA = 5, 1.5
_WEIGHTS = [math.exp(-(i**2) / (2 * _SIGMA**2)) for i in range(-_RADIUS, _RADIUS + 1)]
_WINDOW = [weight / sum(_WEIGHTS) for weight in _WEIGHTS]
_C1, _C2 = 0.01**2, 0.03**2


def ssim(prediction: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """The mean structural similarity of each image, over the region's pixels and the channels.

    1 where both agree, at least -1; NaN for an image whose region is empty. The window is an 11x11
    Gaussian of sigma 1.5. With the whole image as region this is the SSIM of LaMa's evaluation,
    with zeros around the image. At the rim of a smaller region the window's weights are shared out
    among the pixels inside, so means, variances and covariance are those of the region alone.

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
        >>> image, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
        >>> ssim(image, image, mask), bool(ssim(image.flip(3), image, mask) < 0.5)
        (tensor([1.]), True)

    Source:
        Wang et al., "Image Quality Assessment" (IEEE TIP 2004), with their constants 0.01 and 0.03;
        zeros around the image as in LaMa's released evaluation. Restricting it to a region is ours.
    """
    check_measured(prediction, target, region)
    x, y = within(region, prediction), within(region, target)
    inside = (region > 0).to(x.dtype)
    # How much of a window's weight lies in the region, of what lies in the image. Outside the
    # region the share may be 0; what comes of it there is left out in the end.
    share = _blur(inside) / _blur(torch.ones_like(inside))
    mean_x, mean_y, square_x, square_y, product = (
        _blur(statistic) / share for statistic in (x, y, x * x, y * y, x * y)
    )
    variances = (square_x - mean_x**2) + (square_y - mean_y**2)
    covariance = product - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    similarity = luminance * (2 * covariance + _C2) / (variances + _C2)
    return mean_within(region, within(region, similarity))


def _blur(x: Tensor) -> Tensor:
    """Each channel under the Gaussian window, with zeros around the image."""
    taller = F.pad(x, (0, 0, _RADIUS, _RADIUS))
    x = _weighted_sum(taller.narrow(2, i, x.shape[2]) for i in range(len(_WINDOW)))
    wider = F.pad(x, (_RADIUS, _RADIUS))
    return _weighted_sum(wider.narrow(3, i, x.shape[3]) for i in range(len(_WINDOW)))


def _weighted_sum(shifted: Iterable[Tensor]) -> Tensor:
    """The sum under the window: a convolution on a GPU may round to 10 bits, too few here."""
    terms = (weight * x for weight, x in zip(_WINDOW, shifted, strict=True))
    return reduce(torch.add, terms)
