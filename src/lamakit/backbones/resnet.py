"""Feature extractors from ResNet-50 as it is published, plain and dilated."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import relu
from typing_extensions import override

from lamakit._weights import Weights
from lamakit.backbones.extractor import FrozenExtractor
from lamakit.backbones.pretrained import pretrained_extractor
from lamakit.backbones.stages import Stages

_LAYERS = ("layer1", "layer2", "layer3", "layer4")


def dilated_resnet50(weights: Weights | None = None) -> FrozenExtractor:
    """Build an extractor of four feature maps of a ResNet-50 with two dilated stages.

    The last two stages are dilated, not strided. With its weights from semantic segmentation this
    is the extractor of LaMa's perceptual loss: each feature sees a wide part of the image, and the
    maps are fine.

    Args:
        weights: a file of published weights or their state dict, which is copied: MIT CSAIL's
            ADE20K encoder, the ImageNet weights it started from, or a training checkpoint of LaMa,
            which holds them among its losses. None for random ones.

    Returns:
        An extractor of layer1 to layer4: 256, 512, 1024 and 2048 channels at strides 4, 8, 8 and
        8, rounded up.

    Raises:
        FileNotFoundError: if there is no such file, with what to look for.
        ValueError: if the weights are not complete, or those of another network.

    Example:
        >>> import torch
        >>> extractor = dilated_resnet50()
        >>> [tuple(features.shape) for features in extractor(torch.rand(1, 3, 64, 96))]
        [(1, 256, 16, 24), (1, 512, 8, 12), (1, 1024, 8, 12), (1, 2048, 8, 12)]

    Source:
        Zhou et al., "Semantic Understanding of Scenes through the ADE20K Dataset" (IJCV 2019), the
        encoder; Yu et al., "Dilated Residual Networks" (CVPR 2017); LaMa, sec. 2.2.1 and the first
        two rows of Table 3, whose files are those of the released configurations. Differences: the
        image is normalised inside, and random weights suit ReLU (He et al. 2015).
    """
    return _resnet50(
        weights,
        name="dilated_resnet50",
        origin=(
            "MIT CSAIL's semantic-segmentation-pytorch, the file "
            "ade20k-resnet50dilated-ppm_deepsup/encoder_epoch_20.pth (ADE20K) or "
            "resnet50-imagenet.pth; a conv1.weight of (64, 3, 7, 7) belongs to resnet50"
        ),
        is_deep_stem=True,
        is_dilated=True,
    )


def deep_stem_resnet50(weights: Weights | None = None) -> FrozenExtractor:
    """Build an extractor like :func:`dilated_resnet50` of the network without its dilation.

    Its first layers are three convolutions of 3x3 pixels, where :func:`resnet50` has one of 7x7.
    Its maps have the strides of :func:`resnet50`, and its errors are the same.

    Args:
        weights: a file of MIT CSAIL's ImageNet weights or their state dict, which is copied. None
            for random ones.

    Example:
        >>> import torch
        >>> [features.shape[2] for features in deep_stem_resnet50()(torch.rand(1, 3, 64, 64))]
        [16, 8, 4, 2]

    Source:
        LaMa, the third row of Table 3; the network is that of the released configuration.
    """
    return _resnet50(
        weights,
        name="deep_stem_resnet50",
        origin=(
            "MIT CSAIL's semantic-segmentation-pytorch, the file resnet50-imagenet.pth; "
            "a conv1.weight of (64, 3, 7, 7) belongs to resnet50"
        ),
        is_deep_stem=True,
    )


def resnet50(weights: Weights | None = None) -> FrozenExtractor:
    """Build an extractor of the four feature maps of torchvision's ResNet-50.

    LaMa's plain ResNet-50 of Table 3 is another one, :func:`deep_stem_resnet50`. Errors are those
    of :func:`dilated_resnet50`.

    Args:
        weights: a file of torchvision's weights or their state dict, which is copied. None for
            random ones.

    Returns:
        An extractor of layer1 to layer4: 256, 512, 1024 and 2048 channels at strides 4, 8, 16 and
        32, rounded up.

    Example:
        >>> import torch
        >>> extractor = resnet50()
        >>> [tuple(features.shape) for features in extractor(torch.rand(1, 3, 64, 96))]
        [(1, 256, 16, 24), (1, 512, 8, 12), (1, 1024, 4, 6), (1, 2048, 2, 3)]

    Source:
        He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), table 1. Difference:
        the 3x3 convolution of a block has its stride, as in torchvision.
    """
    return _resnet50(
        weights,
        name="resnet50",
        origin=(
            "torchvision's published ResNet50_Weights.IMAGENET1K_V1 or V2; "
            "a conv1.weight of (64, 3, 3, 3) belongs to dilated_resnet50 or deep_stem_resnet50"
        ),
    )


def _resnet50(
    weights: Weights | None,
    *,
    name: str,
    origin: str,
    is_deep_stem: bool = False,
    is_dilated: bool = False,
) -> FrozenExtractor:
    """Build an extractor; ``name`` and ``origin`` are for messages."""
    stem_kernel, stem_widths = (3, (64, 64, 128)) if is_deep_stem else (7, (64,))
    strides = (1, 2, 1, 1) if is_dilated else (1, 2, 2, 2)
    dilations = (1, 1, 2, 4) if is_dilated else (1, 1, 1, 1)

    def build() -> Stages:
        stages: dict[str, nn.Module] = {}
        channels = 3
        for i, width in enumerate(stem_widths):
            stride = 2 if i == 0 else 1
            stages[f"conv{i + 1}"] = _conv(channels, width, stem_kernel, stride=stride)
            stages[f"bn{i + 1}"] = nn.BatchNorm2d(width)
            stages[f"relu{i + 1}"] = nn.ReLU()
            channels = width
        stages["maxpool"] = nn.MaxPool2d(3, 2, 1)
        for i, (width, blocks) in enumerate(zip((64, 128, 256, 512), (3, 4, 6, 3), strict=True)):
            # A block that lost its stride has the dilation of the stage before it.
            first = _Bottleneck(
                channels, width, stride=strides[i], dilation=max(dilations[i] // 2, 1)
            )
            channels = 4 * width
            rest = (_Bottleneck(channels, width, dilation=dilations[i]) for _ in range(1, blocks))
            stages[f"layer{i + 1}"] = nn.Sequential(first, *rest)
        return Stages(stages, _LAYERS)

    return pretrained_extractor(
        build, weights, name=name, origin=origin, unused=("fc.",), layer_names=_LAYERS
    )


class _Bottleneck(nn.Module):
    """A residual block of three convolutions; the one in the middle has fewer channels."""

    def __init__(self, in_channels: int, width: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        out_channels = 4 * width
        self.conv1 = _conv(in_channels, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv(width, width, 3, stride=stride, dilation=dilation)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = _conv(width, out_channels, 1)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = (
            nn.Identity()
            if in_channels == out_channels
            else nn.Sequential(
                _conv(in_channels, out_channels, 1, stride=stride), nn.BatchNorm2d(out_channels)
            )
        )

    @override
    def forward(self, x: Tensor) -> Tensor:
        y = relu(self.bn1(self.conv1(x)))
        y = relu(self.bn2(self.conv2(y)))
        return relu(self.bn3(self.conv3(y)) + self.downsample(x))


def _conv(
    in_channels: int, out_channels: int, kernel_size: int, *, stride: int = 1, dilation: int = 1
) -> nn.Conv2d:
    padding = dilation * (kernel_size // 2)
    return nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, bias=False)
