"""Blocks of fast Fourier convolutions: with normalisation and activation, and as a residual."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from typing_extensions import TypedDict, Unpack, override

from lamakit._checks import check_at_least
from lamakit.layers.ffc import FFC, FFCOptions
from lamakit.layers.layer_types import (
    ActivationLayer,
    NormLayer,
    PaddingMode,
    make_activation,
    make_norm,
)


class FFCNormAct(nn.Module):
    """An :class:`FFC`, one normalisation of all its output channels, and an activation.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: side of the convolutions' kernel in pixels.
        norm_layer: builds every normalisation from its number of channels, those inside the
            spectral transform included; None for none.
        activation_layer: builds every activation, those inside the spectral transform included.
        **options: the other arguments of :class:`FFC`: ``ratio_gin`` and ``ratio_gout``, or
            ``ratio`` for both, ``stride=1``, ``padding=None``, ``dilation=1``, ``bias=False``,
            ``padding_mode="reflect"`` and ``local_fourier_unit=False``.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: (B, out_channels, H, W) with the default padding and stride 1

    Raises:
        ValueError: as :class:`FFC` does.
        TypeError: as :class:`FFC` does.

    Example:
        >>> import torch
        >>> layer = FFCNormAct(8, 16, 3, ratio_gin=0.5, ratio_gout=0.75, stride=2)
        >>> layer(torch.rand(2, 8, 33, 20)).shape
        torch.Size([2, 16, 17, 10])

    Source:
        LaMa, fig. 2, and its released code. Difference: one normalisation where the released code
        has one for each branch; normalisations by channel (batch, instance) compute the same.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        norm_layer: NormLayer | None = nn.BatchNorm2d,
        activation_layer: ActivationLayer = nn.ReLU,
        **options: Unpack[FFCOptions],
    ) -> None:
        super().__init__()
        self.ffc = FFC(
            in_channels,
            out_channels,
            kernel_size,
            norm_layer=norm_layer,
            activation_layer=activation_layer,
            **options,
        )
        self.norm = make_norm(norm_layer, out_channels, "that the FFC returns")
        self.activation = make_activation(activation_layer)

    @override
    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.activation(self.norm(self.ffc(x)))
        return out


class FFCBlockOptions(TypedDict, total=False):
    """Options of :class:`FFCNormAct` that :class:`FFCResidualBlock` passes on."""

    dilation: int
    padding_mode: PaddingMode
    local_fourier_unit: bool
    norm_layer: NormLayer | None
    activation_layer: ActivationLayer


class FFCResidualBlock(nn.Module):
    """The sum of the input and of two :class:`FFCNormAct` layers applied to it.

    LaMa's generators repeat this block.

    Args:
        channels: channels of input and output.
        ratio: share of them in the global branch, from 0 to 1.
        kernel_size: side of the convolutions' kernel in pixels, odd.
        **options: passed to both layers: ``dilation=1``, ``padding_mode="reflect"``,
            ``local_fourier_unit=False``, ``norm_layer=nn.BatchNorm2d`` and
            ``activation_layer=nn.ReLU``.

    Shape:
        - Input: (B, channels, H, W)
        - Output: (B, channels, H, W)

    Raises:
        ValueError: if an argument is out of range or an input does not fit.
        TypeError: if an argument is unknown or has the wrong type, or if the input is not a
            floating-point tensor.

    Example:
        >>> import torch
        >>> FFCResidualBlock(16, ratio=0.75)(torch.rand(1, 16, 9, 14)).shape
        torch.Size([1, 16, 9, 14])

    Source:
        LaMa, sec. 3 (implementation details) and fig. 2. As in its released code, both layers end
        with an activation, and the sum has none.
    """

    def __init__(
        self,
        channels: int,
        *,
        ratio: float,
        kernel_size: int = 3,
        **options: Unpack[FFCBlockOptions],
    ) -> None:
        super().__init__()
        check_at_least("kernel_size", kernel_size, 1)
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd to keep the size, got {kernel_size}")

        def layer() -> FFCNormAct:
            # stride, padding and bias are not left to the options: the block keeps the size.
            return FFCNormAct(
                channels,
                channels,
                kernel_size,
                ratio_gin=ratio,
                ratio_gout=ratio,
                stride=1,
                padding=None,
                bias=False,
                **options,
            )

        self.conv1, self.conv2 = layer(), layer()

    @override
    def forward(self, x: Tensor) -> Tensor:
        return x + cast("Tensor", self.conv2(self.conv1(x)))
