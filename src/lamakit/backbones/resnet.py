"""ResNet-50 as it is published, plain and dilated."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import relu
from typing_extensions import override

from lamakit._weights import Weights
from lamakit.backbones.body import Stages, frozen
from lamakit.backbones.extractor import FrozenExtractor

__all__ = ["deep_stem_resnet50", "dilated_resnet50", "resnet50"]

_DEEP_STEM = (64, 64, 128)


def dilated_resnet50(weights: Weights | None = None) -> FrozenExtractor:
    """The four feature maps of a ResNet-50 whose last two stages are dilated, not strided.

    With its weights from semantic segmentation this is the extractor of LaMa's perceptual loss: its
    receptive field is wide, and its maps are fine.

    Args:
        weights: a file of published weights or their state dict, which is copied: MIT CSAIL's
            ADE20K encoder, or the ImageNet weights it started from. None for random ones.

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
    return frozen(
        lambda: _resnet50(
            stem_kernel=3,
            stem_widths=_DEEP_STEM,
            strides=(1, 2, 1, 1),
            dilations=(1, 1, 2, 4),
        ),
        weights,
        what="dilated_resnet50",
        origin=(
            "MIT CSAIL's semantic-segmentation-pytorch, the file "
            "ade20k-resnet50dilated-ppm_deepsup/encoder_epoch_20.pth (ADE20K) or "
            "resnet50-imagenet.pth; a conv1.weight of (64, 3, 7, 7) belongs to resnet50"
        ),
        unused=("fc.",),
    )


def deep_stem_resnet50(weights: Weights | None = None) -> FrozenExtractor:
    """The four feature maps of :func:`dilated_resnet50`'s network without its dilation.

    Its stem is three convolutions of 3x3 pixels, where :func:`resnet50` has one of 7x7.

    Args:
        weights: a file of MIT CSAIL's ImageNet weights or their state dict, which is copied. None
            for random ones.

    Returns:
        An extractor of layer1 to layer4: 256, 512, 1024 and 2048 channels at strides 4, 8, 16 and
        32, rounded up.

    Raises:
        FileNotFoundError: if there is no such file, with what to look for.
        ValueError: if the weights are not complete, or those of another network.

    Example:
        >>> import torch
        >>> extractor = deep_stem_resnet50()
        >>> [tuple(features.shape) for features in extractor(torch.rand(1, 3, 64, 96))]
        [(1, 256, 16, 24), (1, 512, 8, 12), (1, 1024, 4, 6), (1, 2048, 2, 3)]

    Source:
        LaMa, the third row of Table 3; the network is that of the released configuration.
    """
    return frozen(
        lambda: _resnet50(
            stem_kernel=3, stem_widths=_DEEP_STEM, strides=(1, 2, 2, 2), dilations=(1, 1, 1, 1)
        ),
        weights,
        what="deep_stem_resnet50",
        origin=(
            "MIT CSAIL's semantic-segmentation-pytorch, the file resnet50-imagenet.pth; "
            "a conv1.weight of (64, 3, 7, 7) belongs to resnet50"
        ),
        unused=("fc.",),
    )


def resnet50(weights: Weights | None = None) -> FrozenExtractor:
    """The four feature maps of torchvision's ResNet-50.

    LaMa's plain ResNet-50 of Table 3 is another one, :func:`deep_stem_resnet50`.

    Args:
        weights: a file of torchvision's weights or their state dict, which is copied. None for
            random ones.

    Returns:
        An extractor of layer1 to layer4: 256, 512, 1024 and 2048 channels at strides 4, 8, 16 and
        32, rounded up.

    Raises:
        FileNotFoundError: if there is no such file, with what to look for.
        ValueError: if the weights are not complete, or those of another network.

    Example:
        >>> import torch
        >>> extractor = resnet50()
        >>> [tuple(features.shape) for features in extractor(torch.rand(1, 3, 64, 96))]
        [(1, 256, 16, 24), (1, 512, 8, 12), (1, 1024, 4, 6), (1, 2048, 2, 3)]

    Source:
        He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), table 1. Difference:
        the 3x3 convolution of a block has its stride, as in torchvision.
    """
    return frozen(
        lambda: _resnet50(
            stem_kernel=7, stem_widths=(64,), strides=(1, 2, 2, 2), dilations=(1, 1, 1, 1)
        ),
        weights,
        what="resnet50",
        origin=(
            "torchvision's published ResNet50_Weights.IMAGENET1K_V1 or V2; "
            "a conv1.weight of (64, 3, 3, 3) belongs to dilated_resnet50 or deep_stem_resnet50"
        ),
        unused=("fc.",),
    )


def _resnet50(
    *,
    stem_kernel: int,
    stem_widths: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
) -> Stages:
    stages: dict[str, nn.Module] = {}
    channels = 3
    for i, width in enumerate(stem_widths):
        stride = 2 if i == 0 else 1
        stages[f"conv{i + 1}"] = _conv(channels, width, stem_kernel, stride=stride)
        stages[f"bn{i + 1}"] = nn.BatchNorm2d(width)
        stages[f"relu{i + 1}"] = nn.ReLU()
        channels = width
    stages["maxpool"] = nn.MaxPool2d(3, 2, 1)
    widths, blocks = (64, 128, 256, 512), (3, 4, 6, 3)
    for i, width in enumerate(widths):
        # The first block's input is less dilated, or strided: half the dilation suits it.
        first = max(dilations[i] // 2, 1)
        stages[f"layer{i + 1}"] = nn.Sequential(
            _Bottleneck(channels, width, stride=strides[i], dilation=first),
            *(_Bottleneck(4 * width, width, dilation=dilations[i]) for _ in range(1, blocks[i])),
        )
        channels = 4 * width
    return Stages(stages, ("layer1", "layer2", "layer3", "layer4"))


class _Bottleneck(nn.Module):
    """A residual block that is narrow in the middle."""

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
