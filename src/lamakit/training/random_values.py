"""Random numbers from a generator on the CPU, one or many at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def uniform(low: float, high: float, generator: torch.Generator) -> float:
    """Return a number that is uniform between ``low`` and ``high``."""
    return low + (high - low) * float(uniforms((), generator))


def log_uniform(low: float, high: float, generator: torch.Generator) -> float:
    """Return a number whose logarithm is uniform between those of ``low`` and ``high``."""
    return math.exp(uniform(math.log(low), math.log(high), generator))


def happens(probability: float, generator: torch.Generator) -> bool:
    """Return True with that probability."""
    return float(uniforms((), generator)) < probability


def below(count: int, generator: torch.Generator) -> int:
    """Return an integer from 0 to ``count - 1``, each equally likely."""
    return int(torch.randint(count, (), generator=generator, device="cpu"))


def uniforms(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Return float32 numbers that are uniform in [0, 1)."""
    return torch.rand(shape, generator=generator, dtype=torch.float32, device="cpu")


def normals(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Return float32 numbers of the standard normal distribution."""
    return torch.randn(shape, generator=generator, dtype=torch.float32, device="cpu")
