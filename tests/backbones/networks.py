"""The published networks with random weights, and their state dicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from lamakit.backbones import (
    FrozenExtractor,
    deep_stem_resnet50,
    dilated_resnet50,
    resnet50,
    vgg16_features,
    vgg19_features,
)
from lamakit.backbones.extractor import IMAGENET_MEAN, IMAGENET_STD

NETWORKS: dict[str, Callable[..., FrozenExtractor]] = {
    "deep_stem_resnet50": deep_stem_resnet50,
    "dilated_resnet50": dilated_resnet50,
    "resnet50": resnet50,
    "vgg16_features": vgg16_features,
    "vgg19_features": vgg19_features,
}
DEEPEST = {
    "vgg16_features": {"layers": ("pool5",)},
    "vgg19_features": {"layers": ("pool5",)},
}
State = Mapping[str, Tensor]


def normalised(image: Tensor) -> Tensor:
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    return (image - mean.view(3, 1, 1)) / std.view(3, 1, 1)


def randomised(extractor: FrozenExtractor) -> dict[str, Tensor]:
    """The network's weights, its normalisations with statistics of their own."""
    generator = torch.Generator().manual_seed(2)
    state = extractor.body.state_dict()
    for name, value in state.items():
        if value.ndim == 1:
            state[name] = torch.rand(value.shape, generator=generator) + 0.5
    return state


def published(name: str) -> dict[str, Tensor]:
    """A state dict as the published file has it; all of one kind share their memory."""
    with torch.device("meta"):
        state = NETWORKS[name](**DEEPEST.get(name, {})).body.state_dict()
    weights = {k: torch.full((), 0.25).expand(v.shape) for k, v in state.items()}
    head = ("fc",) if "resnet" in name else ("classifier.0", "classifier.6")
    return weights | {
        f"{part}.{leaf}": torch.ones(2) for part in head for leaf in ("weight", "bias")
    }


def assert_close(computed: list[Tensor], expected: list[Tensor], tolerance: float = 0) -> None:
    for one, other in zip(computed, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)
