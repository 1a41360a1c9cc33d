"""Masks whose missing pixels weigh less the farther they lie from a known one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit._checks import check_feature_map
from lamakit._dtypes import at_least_float32

__all__ = ["blurred_mask", "emulated_distance_mask"]


def blurred_mask(mask: Tensor) -> Tensor:
    """The mask blurred inside the hole: 1 deep in it, less along its rim, 0 where known.

    The blur is 5x5 with weights exp(-r^2 / 5); the image's border is repeated.

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
    """The mask without its rim, blurred: the distance to known pixels, roughly, up to 1.

    A missing pixel with two known ones in the 5x5 pixels around it is taken as known, the rest is
    blurred as by :func:`blurred_mask`, and known pixels stay 0.

    Args:
        mask: 1 where a pixel is missing, 0 where it is known.

    Shape:
        - Input and output: (B, 1, H, W); the output in float32, or float64 if the mask is

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
    check_feature_map("mask", mask, 1)
    mask = at_least_float32(mask)
    known = _convolve(1 - mask, mask.new_ones(5))
    return _blur((known < 1.5).to(mask)) * mask  # a whole number above 1, whatever the rounding


def _blur(x: Tensor) -> Tensor:
    """exp(-r^2 / 5) is a product of one factor a direction."""
    offsets = torch.arange(-2, 3, device=x.device, dtype=x.dtype)
    kernel = (-offsets.square() / 5).exp()
    return _convolve(x, kernel / kernel.sum())


def _convolve(x: Tensor, kernel: Tensor) -> Tensor:
    """``x`` convolved with the kernel down and across, its border repeated."""
    padded = F.pad(x, (2, 2, 2, 2), mode="replicate")
    with torch.autocast(x.device.type, enabled=False):
        return F.conv2d(F.conv2d(padded, kernel.view(1, 1, 5, 1)), kernel.view(1, 1, 1, 5))
