"""A model that records its inputs, for the tests of this part."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit.generators import lama_fourier

__all__ = ["MODEL", "Recorder"]

torch.manual_seed(0)
MODEL = lama_fourier(base_channels=4, num_blocks=1).eval()


class Recorder:
    """A model that fills with a constant and keeps the inputs that it was called with."""

    size_multiple, min_size = 4, 8

    def __init__(self, value: float = 0.5) -> None:
        self.value = value
        self.inputs: list[Tensor] = []

    def __call__(self, x: Tensor) -> Tensor:
        self.inputs.append(x)
        return torch.full_like(x[:, :-1], self.value)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [tuple(x.shape) for x in self.inputs]
