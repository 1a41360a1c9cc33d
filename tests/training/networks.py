"""Small networks in training, and settings of small trainings, that several test files share."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier
from lamakit.images import save_image
from lamakit.layers.layer_types import NormLayer
from lamakit.training import TrainingState
from tests.helpers import seeded

GROUP_NORM = partial(nn.GroupNorm, 2)


def begin(
    norm_layer: NormLayer = nn.BatchNorm2d, average_decay: float = 0.9, seed: int = 0
) -> TrainingState:
    """Return a new training of small networks, the same for each seed."""
    torch.manual_seed(seed)
    state = TrainingState.of(
        lama_fourier(base_channels=4, num_blocks=1, norm_layer=norm_layer),
        PatchDiscriminator(base_channels=4, num_layers=2, norm_layer=norm_layer),
        average_decay=average_decay,
    )
    state.train()
    return state


def draw_batch(n: int = 4, size: int = 32) -> tuple[Tensor, Tensor]:
    """Return random images and masks with a hole each."""
    image, mask = torch.rand(n, 3, size, size, generator=seeded(1)), torch.zeros(n, 1, size, size)
    for number in range(n):
        mask[number, :, 4 + number : 20 + number, 6:24] = 1
    return image, mask


def write_photos(folder: Path, count: int = 6, size: tuple[int, int] = (48, 40)) -> Path:
    """Write random images to a folder; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = seeded(2)
    for number in range(count):
        save_image(torch.rand(1, 3, *size, generator=generator), folder / f"{number}.png")
    return folder
