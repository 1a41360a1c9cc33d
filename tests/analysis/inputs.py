"""A model and images with exactly known results."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.helpers import seeded

__all__ = ["DTYPES", "box_blur", "computed_dtype", "images"]

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def computed_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return the dtype of every measure of a tensor of that dtype."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def box_blur(channels: int = 1, *, stride: int = 1) -> nn.Conv2d:
    """Return a 3x3 convolution whose weights are all 1, from each channel to each."""
    conv = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False).double()
    nn.init.ones_(conv.weight)
    return conv


def images(*shape: int, seed: int = 0) -> Tensor:
    """Return standard normal values of that shape in float64."""
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)
