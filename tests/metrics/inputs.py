"""Images, masks and feature extractors for the tests of metrics and evaluation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.metrics import color_wasserstein, l1, log_spectral_distance, psnr, ssim
from lamakit.metrics.regions import Metric
from tests.helpers import seeded

__all__ = ["METRICS", "MeanColor", "box_masks", "mean_color", "random_images", "random_mask"]

METRICS: dict[str, Metric] = {
    "l1": l1,
    "psnr": psnr,
    "ssim": ssim,
    "log_spectral_distance": log_spectral_distance,
    "color_wasserstein": color_wasserstein,
}


def random_images(seed: int, *shape: int) -> Tensor:
    """Return uniform random values in [0, 1)."""
    return torch.rand(*shape, generator=seeded(seed))


def random_mask(seed: int, *shape: int) -> Tensor:
    """Return masks of random pixels, of which at least one is missing."""
    mask = (random_images(seed, *shape) > 0.6).float()
    mask[..., 0, 0] = 1
    return mask


def box_masks(count: int, size: tuple[int, int] = (24, 32), *, grow: int = 2) -> Tensor:
    """Return masks of boxes; each box is larger than the one before."""
    masks = torch.zeros(count, 1, *size)
    for i in range(count):
        masks[i, :, 4 : 8 + grow * i, 4 : 12 + grow * i] = 1
    return masks


def mean_color(image: Tensor) -> list[Tensor]:
    """Return an image as its own feature map, which set metrics average to its mean colour."""
    return [image]


class MeanColor(nn.Module):
    """A network whose three features are an image's mean colour; copying it is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []
        self.num_features = 3

    @override
    def forward(self, image: Tensor) -> Tensor:
        self.seen.append(image)
        return image.double().mean(dim=(2, 3))

    def __deepcopy__(self, memo: dict[int, Any]) -> MeanColor:
        raise AssertionError("the network was copied")
