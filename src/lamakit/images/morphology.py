"""Dilation of the missing region of a mask."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from lamakit._checks import check_at_least, check_feature_map


def dilate(mask: Tensor, pixels: int) -> Tensor:
    """Return the mask with its missing region grown in every direction, diagonals included.

    Args:
        mask: 1 where a pixel is missing, 0 where it is known.
        pixels: by how many pixels the region grows, from 0 up.

    Shape:
        - Input and output: (B, 1, H, W)

    Raises:
        ValueError: if the mask is not (B, 1, H, W) or ``pixels`` is negative.
        TypeError: if the mask is not a floating-point tensor, or ``pixels`` no int.

    Example:
        >>> import torch
        >>> dilate(torch.tensor([[[[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]]]), 1)
        tensor([[[[0., 1., 1., 1., 0., 0.]]]])
    """
    check_feature_map("mask", mask, 1)
    check_at_least("pixels", pixels, 0)
    return dilate_unchecked(mask, pixels)


def dilate_unchecked(mask: Tensor, pixels: int) -> Tensor:
    """Compute :func:`dilate` without checks."""
    # The maximum over a square is the maximum over columns of the maxima over rows. kornia's
    # dilation would hold (2 * pixels + 1)^2 shifted copies of the mask at once.
    side = 2 * pixels + 1
    taller = F.max_pool2d(mask, (side, 1), stride=1, padding=(pixels, 0))
    return F.max_pool2d(taller, (1, side), stride=1, padding=(0, pixels))
