"""The dtype in which values are computed."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_float32(x: Tensor) -> Tensor:
    """Return half precision and bfloat16 in float32; float32 and float64 as they are."""
    return x if x.dtype == torch.float64 else x.float()
