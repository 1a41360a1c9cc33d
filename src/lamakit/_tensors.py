"""What many rooms do to a tensor."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["at_least_float32", "grow"]


def at_least_float32(x: Tensor) -> Tensor:
    """Half precision and bfloat16 in float32; float32 and float64 as they are."""
    return x if x.dtype == torch.float64 else x.float()


def grow(mask: Tensor, pixels: int) -> Tensor:
    """The mask grown by that many pixels in every direction, diagonals included."""
    side = 2 * pixels + 1
    taller = F.max_pool2d(mask, (side, 1), stride=1, padding=(pixels, 0))
    return F.max_pool2d(taller, (1, side), stride=1, padding=(0, pixels))
