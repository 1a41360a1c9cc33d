"""Models for the tests of this part."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.generators import lama_fourier

__all__ = ["MODEL", "Recorder", "UNet"]

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


class UNet(nn.Module):
    """A network with a skip connection that takes even sides and does not say so."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(4, 8, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.end = nn.Conv2d(12, 3, 1)

    @override
    def forward(self, x: Tensor) -> Tensor:
        image: Tensor = self.end(torch.cat([self.up(self.down(x)), x], dim=1))
        return image
