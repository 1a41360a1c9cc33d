"""The residual block of the LaMa generators that have no Fourier convolutions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_at_least, check_feature_map, check_sides
from lamakit._sizes import smallest_side
from lamakit.layers.layer_types import (
    ActivationLayer,
    NormLayer,
    check_factory,
    make_activation,
    make_norm,
)


class ResidualBlock(nn.Module):
    """The sum of the input and of two convolutions applied to it.

    Each convolution is normalised. The first is followed by an activation; the sum is not.

    Args:
        channels: channels of input and output.
        conv_layer: builds each convolution from its numbers of input and output channels. It must
            keep the size. The default is a 3x3 convolution with reflection padding; with
            :class:`MultiDilatedConv2d` the block is that of ``lama_dilated``.
        norm_layer: builds both normalisations from their number of channels; None for none.
        activation_layer: builds the activation.

    Shape:
        - Input: (B, channels, H, W)
        - Output: (B, channels, H, W)

    Raises:
        ValueError: if an argument is out of range or an input does not fit.
        TypeError: if an argument has the wrong type or the input is not a floating-point tensor.

    Example:
        >>> import torch
        >>> from lamakit.layers import MultiDilatedConv2d
        >>> plain, dilated = ResidualBlock(8), ResidualBlock(8, conv_layer=MultiDilatedConv2d)
        >>> dilated(plain(torch.rand(1, 8, 9, 14))).shape
        torch.Size([1, 8, 9, 14])

    Source:
        LaMa, sec. 3.2 ("LaMa-Regular", "LaMa-Dilated"); released configurations.
    """

    def __init__(
        self,
        channels: int,
        *,
        conv_layer: Callable[[int, int], nn.Module] = partial(
            nn.Conv2d, kernel_size=3, padding=1, padding_mode="reflect"
        ),
        norm_layer: NormLayer | None = nn.BatchNorm2d,
        activation_layer: ActivationLayer = nn.ReLU,
    ) -> None:
        super().__init__()
        check_at_least("channels", channels, 1)
        check_factory("conv_layer", conv_layer, "a convolution from its two numbers of channels")
        self.channels = channels
        self.conv1 = conv_layer(channels, channels)
        self.norm1 = make_norm(norm_layer, channels, "of a residual block")
        self.activation = make_activation(activation_layer)
        self.conv2 = conv_layer(channels, channels)
        self.norm2 = make_norm(norm_layer, channels, "of a residual block")
        self.min_size = smallest_side(self)

    @override
    def forward(self, x: Tensor) -> Tensor:
        check_feature_map("x", x, self.channels)
        check_sides("x", x, self.min_size)
        y = self.activation(self.norm1(self.conv1(x)))
        out: Tensor = x + self.norm2(self.conv2(y))
        return out

    @override
    def extra_repr(self) -> str:
        return str(self.channels)
