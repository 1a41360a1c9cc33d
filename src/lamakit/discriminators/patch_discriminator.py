"""The patch discriminator, which says for each patch of an image whether it looks real."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm as with_spectral_norm
from typing_extensions import TypedDict, override

from lamakit._checks import check_at_least
from lamakit.discriminators.conditions import stack_condition
from lamakit.layers.layer_types import ActivationLayer, NormLayer, make_norm


class DiscriminatorOutput(NamedTuple):
    """The logits of a discriminator, and the feature maps from which it computed them.

    Args:
        logits: (B, 1, h, w), with one channel per scale where there are several scales. A logit
            above 0 means that the patch looks real.
        features: the activations of all layers before the logits, the largest feature map first.
            The feature matching loss compares them.

    Example:
        >>> import torch
        >>> logits, features = PatchDiscriminator(base_channels=8)(torch.rand(1, 3, 64, 64))
        >>> logits.shape
        torch.Size([1, 1, 7, 7])
    """

    logits: Tensor
    features: tuple[Tensor, ...]


class PatchOptions(TypedDict, total=False):
    """Options of :class:`PatchDiscriminator` that the multi-scale discriminator passes on."""

    base_channels: int
    num_layers: int
    norm_layer: NormLayer | None
    activation_layer: ActivationLayer
    spectral_norm: bool


class PatchDiscriminator(nn.Module):
    """A discriminator that returns a logit for each patch of an image.

    It is a chain of 4x4 convolutions with padding 2. The first ``num_layers`` halve the sides
    (``H`` becomes ``H // 2 + 1``), one more has stride 1, and a last one computes the logits.
    A normalisation follows each but the first and the last, an activation each but the last.

    Args:
        in_channels: channels of the image, and of the condition if there is one: 4 for an image and
            its mask.
        base_channels: channels after the first convolution. They double with each convolution, up
            to 512.
        num_layers: number of convolutions that halve the sides.
        norm_layer: builds each normalisation from its number of channels; None for none.
        activation_layer: builds each activation.
        spectral_norm: whether every convolution's weight is divided by its largest singular value,
            as torch's ``parametrizations.spectral_norm`` estimates it.

    Shape:
        - Input: an image (B, C, H, W), and optionally a condition (B, in_channels - C, H, W), which
          is stacked behind it
        - Output: a :class:`DiscriminatorOutput` of logits (B, 1, h, w) and ``num_layers + 1``
          feature maps

    Raises:
        ValueError: if an argument is out of range or an input does not fit.
        TypeError: if an argument has the wrong type or the input is not a floating-point tensor.

    Example:
        >>> import torch
        >>> output = PatchDiscriminator(base_channels=8)(torch.rand(2, 3, 64, 96))
        >>> output.logits.shape, len(output.features)
        (torch.Size([2, 1, 7, 9]), 5)

    Source:
        LaMa, sec. 2.2.2, after Isola et al., "Image-to-Image Translation with Conditional
        Adversarial Networks" (CVPR 2017); released configuration (6,962,369 parameters by default),
        whose code follows Wang et al., "High-Resolution Image Synthesis ... with Conditional GANs"
        (CVPR 2018). Difference: spectral normalisation is an addition.
    """

    def __init__(
        self,
        in_channels: int = 3,
        *,
        base_channels: int = 64,
        num_layers: int = 4,
        norm_layer: NormLayer | None = nn.BatchNorm2d,
        activation_layer: ActivationLayer = partial(nn.LeakyReLU, 0.2, inplace=True),
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        check_at_least("in_channels", in_channels, 1)
        check_at_least("base_channels", base_channels, 1)
        check_at_least("num_layers", num_layers, 1)

        def convolution(inputs: int, outputs: int, stride: int) -> nn.Module:
            conv = nn.Conv2d(inputs, outputs, 4, stride, 2)
            return with_spectral_norm(conv) if spectral_norm else conv

        def stage(inputs: int, outputs: int, stride: int, norm: NormLayer | None) -> nn.Module:
            conv = convolution(inputs, outputs, stride)
            norm_module = make_norm(norm, outputs, "of the discriminator")
            return nn.Sequential(conv, norm_module, activation_layer())

        self.in_channels = in_channels
        widths = [min(base_channels * 2**level, 512) for level in range(num_layers + 1)]
        strides = [2] * (num_layers - 1) + [1]
        self.stages = nn.ModuleList([stage(in_channels, widths[0], 2, None)])
        for (inputs, outputs), stride in zip(pairwise(widths), strides, strict=True):
            self.stages.append(stage(inputs, outputs, stride, norm_layer))
        self.head = convolution(widths[-1], 1, 1)

    @override
    def forward(self, x: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        x = stack_condition(x, condition, self.in_channels)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return DiscriminatorOutput(self.head(x), tuple(features))
