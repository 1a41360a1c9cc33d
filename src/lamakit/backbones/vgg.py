"""Feature extractors from the convolutions of VGG-16 and VGG-19."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Literal

from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_one_of
from lamakit._weights import Weights
from lamakit.backbones.extractor import FrozenExtractor
from lamakit.backbones.pretrained import pretrained_extractor
from lamakit.backbones.stages import Stages

_VGG16_BLOCKS = (2, 2, 3, 3, 3)
_VGG19_BLOCKS = (2, 2, 4, 4, 4)
_POOLINGS: dict[str, Callable[[], nn.Module]] = {
    "average": partial(nn.AvgPool2d, 2),
    "max": partial(nn.MaxPool2d, 2),
}


def vgg16_features(
    weights: Weights | None = None,
    *,
    layers: Sequence[str] = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"),
) -> FrozenExtractor:
    """Build an extractor of feature maps of VGG-16, cut after the deepest of them.

    Args:
        weights: a file of torchvision's weights or their state dict, which is copied. None for
            random ones.
        layers: the names of the maps that come back, in that order: ``conv1_1`` to ``conv5_3``,
            ``relu1_1`` to ``relu5_3`` and ``pool1`` to ``pool5``. The default is what LPIPS
            compares.

    Returns:
        An extractor of these maps. Those of blocks 1 to 5 have 64, 128, 256, 512 and 512 channels;
        those of block i have stride 2^(i - 1), and ``pool{i}`` has 2^i. Sizes are rounded down.

    Raises:
        FileNotFoundError: if there is no such file, with what to look for.
        ValueError: if the weights are not complete, or those of another network; if a layer is
            unknown; if an image is too small for the deepest one.

    Example:
        >>> import torch
        >>> extractor = vgg16_features(layers=("relu1_2", "pool3"))
        >>> [tuple(features.shape) for features in extractor(torch.rand(1, 3, 64, 96))]
        [(1, 64, 64, 96), (1, 256, 8, 12)]

    Source:
        Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
        Recognition" (ICLR 2015), table 1, column D; Zhang et al., "The Unreasonable Effectiveness
        of Deep Features as a Perceptual Metric" (CVPR 2018), whose released code compares these
        layers.
    """
    return _vgg("VGG16", _VGG16_BLOCKS, weights, layers=layers, pooling="max")


def vgg19_features(
    weights: Weights | None = None,
    *,
    pooling: Literal["average", "max"] = "average",
    layers: Sequence[str] = (
        *("relu1_1", "relu1_2", "relu2_1", "relu2_2"),
        *("relu3_1", "relu3_2", "relu3_3", "relu3_4"),
        *("relu4_1", "relu4_2", "relu4_3", "relu4_4", "relu5_1"),
    ),
) -> FrozenExtractor:
    """Build an extractor of feature maps of VGG-19, cut after the deepest of them.

    Args:
        weights: a file of torchvision's weights or their state dict, which is copied. None for
            random ones.
        pooling: ``"average"`` as in Gatys et al. and LaMa's released loss, or ``"max"`` as the
            network was trained. It has no weights.
        layers: the names of the maps that come back, in that order: ``conv1_1`` to ``conv5_4``,
            ``relu1_1`` to ``relu5_4`` and ``pool1`` to ``pool5``. The default is the first thirteen
            ReLUs, which LaMa's released perceptual loss compares.

    Returns:
        An extractor of these maps. Those of blocks 1 to 5 have 64, 128, 256, 512 and 512 channels;
        those of block i have stride 2^(i - 1), and ``pool{i}`` has 2^i. Sizes are rounded down.

    Raises:
        FileNotFoundError: if there is no such file, with what to look for.
        ValueError: if the weights are not complete, or those of another network; if a layer or
            pooling is unknown; if an image is too small for the deepest layer.

    Example:
        >>> import torch
        >>> extractor = vgg19_features(layers=("conv1_1", "pool1", "pool2"))
        >>> [tuple(features.shape) for features in extractor(torch.rand(1, 3, 64, 96))]
        [(1, 64, 64, 96), (1, 64, 32, 48), (1, 128, 16, 24)]

    Source:
        Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
        Recognition" (ICLR 2015), table 1, column E; Gatys et al., "A Neural Algorithm of Artistic
        Style" (2015), sec. "Methods", for average pooling; LaMa, Table 3 ("VGG19"), and its
        released code for the thirteen ReLUs.
    """
    check_one_of("pooling", pooling, tuple(_POOLINGS))
    return _vgg("VGG19", _VGG19_BLOCKS, weights, layers=layers, pooling=pooling)


def _vgg(
    name: str,
    blocks: tuple[int, ...],
    weights: Weights | None,
    *,
    layers: Sequence[str],
    pooling: str,
) -> FrozenExtractor:
    known = tuple(_layer_names(blocks))
    if isinstance(layers, str):
        raise TypeError(f"layers must be a list of names, got {layers!r}; give ({layers!r},)")
    for layer in layers:
        check_one_of("layers", layer, known)
    if not layers:
        raise ValueError(f"layers must name at least one of {', '.join(known)}")
    length = max(known.index(layer) for layer in layers) + 1
    return pretrained_extractor(
        lambda: _VGG(known[:length], layers, _POOLINGS[pooling]),
        weights,
        name=f"{name.lower()}_features",
        origin=f"torchvision's published {name}_Weights.IMAGENET1K_V1",
        unused=("classifier.", *(f"features.{i}." for i in range(length, len(known)))),
        layer_names=layers,
    )


def _layer_names(blocks: tuple[int, ...]) -> Iterator[str]:
    for block, convolutions in enumerate(blocks, 1):
        for i in range(1, convolutions + 1):
            yield f"conv{block}_{i}"
            yield f"relu{block}_{i}"
        yield f"pool{block}"


class _VGG(nn.Module):
    """The first layers of a VGG, with torchvision's names: ``features.0`` and so on.

    Args:
        names: the layers, such as ``conv1_1``, in the order in which they run.
        layers: those whose outputs come back.
        pool: builds a pooling layer.
    """

    def __init__(
        self, names: Sequence[str], layers: Sequence[str], pool: Callable[[], nn.Module]
    ) -> None:
        super().__init__()
        stages: dict[str, nn.Module] = {}
        channels = 3
        for i, name in enumerate(names):
            if name.startswith("conv"):
                width = min(64 * 2 ** (int(name[4]) - 1), 512)
                stages[str(i)] = nn.Conv2d(channels, width, 3, padding=1)
                channels = width
            else:
                stages[str(i)] = pool() if name.startswith("pool") else nn.ReLU()
        self.features = Stages(stages, [str(names.index(layer)) for layer in layers])
        self.deepest = names[-1]
        self.min_size = 2 ** sum(name.startswith("pool") for name in names)

    @override
    def forward(self, image: Tensor) -> list[Tensor]:
        if min(image.shape[2:]) < self.min_size:
            raise ValueError(
                f"image is {image.shape[2]}x{image.shape[3]}, but {self.deepest} needs sides of "
                f"at least {self.min_size}"
            )
        features: list[Tensor] = self.features(image)
        return features
