"""A small network, images and a recorder, for the tests of this part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lamakit._models import Features
from lamakit.generators import lama_fourier
from tests.helpers import seeded

__all__ = ["MODEL", "SmallUNet", "Trace", "image_and_hole"]

torch.manual_seed(0)
MODEL = lama_fourier(base_channels=4, num_blocks=2).eval()


def image_and_hole(
    height: int, width: int, *, batch: int = 1, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Return random images, each with a missing box that covers about a quarter of it."""
    image = torch.rand(batch, 3, height, width, generator=seeded()).to(dtype)
    mask = torch.zeros(batch, 1, height, width, dtype=dtype)
    for number in range(batch):
        top, left = (number + 1) * height // 8, (number + 1) * width // 10
        mask[number, :, top : top + height // 2 + 1, left : left + width // 2 + 1] = 1
    return image, mask


class Trace:
    """Keeps what ``on_step`` is called with."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []
        self.losses: list[Tensor] = []

    def __call__(self, scale: int, iteration: int, losses: Tensor) -> None:
        self.steps.append((scale, iteration))
        self.losses.append(losses)

    def of(self, scale: int) -> Tensor:
        return torch.stack(
            [x for x, step in zip(self.losses, self.steps, strict=True) if step[0] == scale]
        )


class SmallUNet(nn.Module):
    """A network that is not lamakit's: a skip connection, activations in place, two features."""

    size_multiple = 2

    def __init__(self, pack: Callable[[Any], Features] = tuple) -> None:
        super().__init__()
        self.pack = pack
        self.start = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6))
        self.down = nn.Conv2d(6, 8, 4, stride=2, padding=1)
        self.up = nn.Sequential(nn.ReLU(inplace=True), nn.ConvTranspose2d(8, 6, 2, stride=2))
        self.end = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(12, 3, 3, padding=1))

    def encode(self, x: Tensor) -> Features:
        skip = self.start(x)
        return self.pack([self.down(skip), skip])

    def decode(self, features: Features) -> Tensor:
        deep, skip = features
        return torch.sigmoid(self.end(torch.cat([self.up(deep), skip], dim=1)))

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))
