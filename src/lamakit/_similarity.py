"""The structural similarity of two images at each pixel, for the metric and the loss."""

from __future__ import annotations

import math
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional as F

_RADIUS, _SIGMA = 5, 1.5
_GAUSSIAN = [math.exp(-(i**2) / (2 * _SIGMA**2)) for i in range(-_RADIUS, _RADIUS + 1)]
_WINDOW = [weight / sum(_GAUSSIAN) for weight in _GAUSSIAN]
_C1, _C2 = 0.01**2, 0.03**2


def similarity_map(x: Tensor, y: Tensor, share: Tensor | float = 1.0) -> Tensor:
    """Return the structural similarity at each pixel, with zeros around the images.

    Args:
        x: an image, values in [0, 1], in float32 or float64.
        y: another one.
        share: by which the sums under the window are divided: how much of its weight counts.
    """
    mean_x, mean_y, square_x, square_y, product = (
        blur(statistic) / share for statistic in (x, y, x * x, y * y, x * y)
    )
    variances = (square_x - mean_x**2) + (square_y - mean_y**2)
    covariance = product - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    return luminance * (2 * covariance + _C2) / (variances + _C2)


def blur(x: Tensor) -> Tensor:
    """Blur each channel with the Gaussian window, with zeros around the image."""
    # Sums of shifted copies instead of kornia's blur, which is a convolution: a GPU may round the
    # products of a convolution to 10 bits (TF32), and autocast computes it in half precision. The
    # variances are small differences of large numbers, so they need every bit of float32. kornia in
    # float64 would be exact too, but takes four times as long on a CPU and fails on Apple's GPUs.
    for dim, padding in ((2, (0, 0, _RADIUS, _RADIUS)), (3, (_RADIUS, _RADIUS))):
        padded, length = F.pad(x, padding), x.shape[dim]
        x = reduce(
            torch.add, [weight * padded.narrow(dim, i, length) for i, weight in enumerate(_WINDOW)]
        )
    return x
