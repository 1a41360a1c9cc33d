"""Weights of missing pixels that are smaller near known pixels."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lamakit._checks import check_feature_map
from lamakit._dtypes import at_least_float32

_SIGMA = math.sqrt(5 / 2)  # of the blur exp(-r^2 / 5)


def blurred_mask(mask: Tensor) -> Tensor:
    """Return the mask blurred inside the hole: 1 deep inside, less near its edge, 0 outside.

    weight = mask * blur(mask), where the blur covers 5x5 pixels with weights proportional to
    exp(-r^2 / 5), and pixels beyond the image's border equal the nearest ones inside.

    Args:
        mask: 1 where a pixel is missing, 0 where it is known.

    Shape:
        - Input and output: (B, 1, H, W); the output in float32, or float64 if the mask is

    Raises:
        ValueError: if the mask is not (B, 1, H, W).
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> from lamakit.losses import masked_mean
        >>> mask = torch.zeros(1, 1, 9, 9)
        >>> mask[..., 2:7, 2:7] = 1
        >>> weight = blurred_mask(mask)
        >>> round(weight[0, 0, 4, 4].item(), 3), round(weight[0, 0, 2, 2].item(), 3)
        (1.0, 0.411)
        >>> error = torch.rand(1, 3, 9, 9)
        >>> loss = masked_mean(error, weight)

    Source:
        A weighting of LaMa's released code; no published model was trained with it.
    """
    check_feature_map("mask", mask, 1)
    mask = at_least_float32(mask)
    return _blur(mask) * mask


def emulated_distance_mask(mask: Tensor) -> Tensor:
    """Return weights that grow roughly with the distance to the nearest known pixel, up to 1.

    weight = mask * blur(inner), with the blur of :func:`blurred_mask`. ``inner`` is the hole
    without its edge: a missing pixel belongs to it if the 5x5 pixels around it hold at most one
    known pixel.

    Args:
        mask: 1 where a pixel is missing, 0 where it is known.

    Shape:
        As :func:`blurred_mask`.

    Raises:
        ValueError: if the mask is not (B, 1, H, W).
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> mask = torch.zeros(1, 1, 13, 13)
        >>> mask[..., 2:11, 2:11] = 1
        >>> [round(weight, 2) for weight in emulated_distance_mask(mask)[0, 0, 6, 1:7].tolist()]
        [0.0, 0.13, 0.36, 0.64, 0.87, 1.0]

    Source:
        A weighting of LaMa's released code; no published model was trained with it.
    """
    from kornia.filters import box_blur  # noqa: PLC0415 (importing lamakit stays light)

    check_feature_map("mask", mask, 1)
    mask = at_least_float32(mask)
    with torch.autocast(mask.device.type, enabled=False):
        known = 25 * box_blur(1 - mask, 5, border_type="replicate", separable=True)
    # The count of known pixels is rounded; 1.5 lies halfway between the last count that passes and
    # the first that does not.
    return _blur((known < 1.5).to(mask)) * mask


def _blur(x: Tensor) -> Tensor:
    """Blur with 5x5 weights proportional to exp(-r^2 / 5), without autocast."""
    from kornia.filters import gaussian_blur2d  # noqa: PLC0415

    with torch.autocast(x.device.type, enabled=False):
        blurred: Tensor = gaussian_blur2d(x, 5, (_SIGMA, _SIGMA), border_type="replicate")
    return blurred
