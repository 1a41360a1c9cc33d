"""Fast Fourier convolution: local and image-wide context in one layer and one tensor."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import (
    check_at_least,
    check_feature_map,
    check_fraction,
    check_one_of,
    check_sides,
)
from lamakit._sizes import scaled_down, smallest_side
from lamakit.layers.layer_types import (
    PADDING_MODES,
    ActivationLayer,
    NormLayer,
    PaddingMode,
    make_norm,
)
from lamakit.layers.spectral import SpectralTransform

__all__ = ["FFC", "FFCNormAct", "FFCResidualBlock", "split_channels"]

_PADS: dict[str, Callable[[int], nn.Module]] = {
    "zeros": nn.ZeroPad2d,
    "reflect": nn.ReflectionPad2d,
    "replicate": nn.ReplicationPad2d,
    "circular": nn.CircularPad2d,
}


def split_channels(channels: int, ratio: float) -> tuple[int, int]:
    """How many of ``channels`` are local and how many global: the last ``floor(channels * ratio)``.

    Args:
        channels: channels of the feature map.
        ratio: share of them in the global branch, from 0 to 1.

    Raises:
        ValueError: if ``channels`` is negative or ``ratio`` outside [0, 1].

    Example:
        >>> split_channels(512, 0.75)
        (128, 384)
        >>> split_channels(100, 0.29)  # 100 * 0.29 is a little less than 29 in floating point
        (71, 29)

    Source:
        Chi et al., "Fast Fourier Convolution" (NeurIPS 2020), sec. 3.1. Difference: the released
        code rounds a product such as the one above down to 28.
    """
    check_at_least("channels", channels, 0)
    check_fraction("ratio", ratio)
    global_channels = scaled_down(channels * ratio)
    return channels - global_channels, global_channels


class FFC(nn.Module):
    """A convolution whose last channels see the whole image: use it in place of ``nn.Conv2d``.

    One tensor holds both branches: the last channels are the global branch, the others the local
    one, as :func:`split_channels` tells from the ratios. A spectral transform leads from global to
    global, convolutions lead everywhere else. With both ratios 0 this is a plain convolution.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: side of the convolutions' kernel in pixels.
        ratio_gin: share of the input that is global, from 0 to 1. It must equal the ``ratio_gout``
            of the layer before: a tensor cannot tell.
        ratio_gout: share of the output that is global, from 0 to 1.
        stride: step of the convolutions; 1 or 2 where both sides have a global branch.
            2 halves the sides, rounding up, in both branches.
        padding: pixels added on each side; None for ``dilation * (kernel_size - 1) // 2``, which
            keeps the size at stride 1 and an odd kernel.
        dilation: spacing of the convolutions' kernel.
        bias: whether the convolutions have a bias; the spectral transform never has one.
        padding_mode: "reflect", "zeros", "replicate" or "circular".
        local_fourier_unit: passed to :class:`SpectralTransform`.
        norm_layer: builds the spectral transform's own normalisations; None for none.
        activation_layer: builds the spectral transform's own activations.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: (B, out_channels, H, W) with the default padding and stride 1

    Raises:
        ValueError: if an argument is out of range, if padding or kernel would give the branches
            different sizes, or if an input does not fit.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> layers = nn.Sequential(
        ...     FFC(3, 16, 3, ratio_gin=0, ratio_gout=0.5),
        ...     nn.ReLU(),
        ...     FFC(16, 8, 3, ratio_gin=0.5, ratio_gout=0),
        ... )
        >>> layers(torch.rand(1, 3, 33, 47)).shape
        torch.Size([1, 8, 33, 47])

    Source:
        Chi et al., "Fast Fourier Convolution" (NeurIPS 2020), sec. 3.1; LaMa, sec. 2.1. Difference:
        the two convolutions into the local branch are one over all channels; each of its two input
        slices starts with its own fan-in, so a fresh layer is distributed as two would be. The
        defaults are LaMa's released ones: reflected borders, no local Fourier unit.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        ratio_gin: float,
        ratio_gout: float,
        stride: int = 1,
        padding: int | None = None,
        dilation: int = 1,
        bias: bool = False,
        padding_mode: PaddingMode = "reflect",
        local_fourier_unit: bool = False,
        norm_layer: NormLayer | None = nn.BatchNorm2d,
        activation_layer: ActivationLayer = nn.ReLU,
    ) -> None:
        super().__init__()
        for name, value in [
            ("in_channels", in_channels),
            ("out_channels", out_channels),
            ("kernel_size", kernel_size),
            ("stride", stride),
            ("dilation", dilation),
        ]:
            check_at_least(name, value, 1)
        check_fraction("ratio_gin", ratio_gin)
        check_fraction("ratio_gout", ratio_gout)
        check_one_of("padding_mode", padding_mode, PADDING_MODES)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.ratio_gin, self.ratio_gout = ratio_gin, ratio_gout
        self.in_local, in_global = split_channels(in_channels, ratio_gin)
        out_local, out_global = split_channels(out_channels, ratio_gout)
        spectral = in_global > 0 and out_global > 0
        if spectral:
            _check_global_channels(out_channels, ratio_gout, local_fourier_unit=local_fourier_unit)
        self.padding = _choose_padding(kernel_size, dilation, padding, keep_size=spectral)
        self.padding_mode = padding_mode
        # Every convolution reads the same padded tensor, so it is padded once, here.
        self.pad = _PADS[padding_mode](self.padding) if self.padding else nn.Identity()
        self.min_size = smallest_side(self.pad)

        def convolution(inputs: int, outputs: int) -> nn.Conv2d | None:
            if not inputs or not outputs:
                return None
            return nn.Conv2d(inputs, outputs, kernel_size, stride, dilation=dilation, bias=bias)

        self.conv = convolution(in_channels, out_local if spectral else out_channels)
        self.local_to_global = convolution(self.in_local, out_global) if spectral else None
        self.global_to_global = (
            SpectralTransform(
                in_global,
                out_global,
                stride=stride,
                local_fourier_unit=local_fourier_unit,
                norm_layer=norm_layer,
                activation_layer=activation_layer,
            )
            if spectral
            else None
        )
        if self.conv is not None:
            _initialise_slices(self.conv, (self.in_local, in_global))

    @override
    def forward(self, x: Tensor) -> Tensor:
        check_feature_map("x", x, self.in_channels)
        check_sides("x", x, self.min_size)
        padded = self.pad(x)
        if self.global_to_global is None:  # a plain convolution
            out: Tensor = cast("nn.Conv2d", self.conv)(padded)
            return out
        to_global = self.global_to_global(x[:, self.in_local :])
        if self.local_to_global is not None:
            to_global = to_global + self.local_to_global(padded[:, : self.in_local])
        return to_global if self.conv is None else torch.cat([self.conv(padded), to_global], dim=1)

    @override
    def extra_repr(self) -> str:
        return f"ratio_gin={self.ratio_gin}, ratio_gout={self.ratio_gout}"


class FFCNormAct(nn.Module):
    """An :class:`FFC`, one normalisation over both branches, and an activation.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: side of the convolutions' kernel in pixels.
        ratio_gin: share of the input that is global, from 0 to 1.
        ratio_gout: share of the output that is global, from 0 to 1.
        stride: as in :class:`FFC`.
        padding: as in :class:`FFC`.
        dilation: as in :class:`FFC`.
        bias: as in :class:`FFC`.
        padding_mode: as in :class:`FFC`.
        local_fourier_unit: as in :class:`FFC`.
        norm_layer: builds every normalisation, the spectral transform's too; None for none.
        activation_layer: builds every activation.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: (B, out_channels, H, W) with the default padding and stride 1

    Raises:
        ValueError: as :class:`FFC` does.

    Example:
        >>> import torch
        >>> layer = FFCNormAct(8, 16, 3, ratio_gin=0.5, ratio_gout=0.75, stride=2)
        >>> layer(torch.rand(2, 8, 33, 20)).shape
        torch.Size([2, 16, 17, 10])

    Source:
        LaMa, fig. 2, and its released code. Difference: one normalisation where that has one a
        branch; per-channel normalisations (batch, instance) compute the same.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        ratio_gin: float,
        ratio_gout: float,
        stride: int = 1,
        padding: int | None = None,
        dilation: int = 1,
        bias: bool = False,
        padding_mode: PaddingMode = "reflect",
        local_fourier_unit: bool = False,
        norm_layer: NormLayer | None = nn.BatchNorm2d,
        activation_layer: ActivationLayer = nn.ReLU,
    ) -> None:
        super().__init__()
        self.ffc = FFC(
            in_channels,
            out_channels,
            kernel_size,
            ratio_gin=ratio_gin,
            ratio_gout=ratio_gout,
            stride=stride,
            padding=padding,
            dilation=dilation,
            bias=bias,
            padding_mode=padding_mode,
            local_fourier_unit=local_fourier_unit,
            norm_layer=norm_layer,
            activation_layer=activation_layer,
        )
        self.norm = make_norm(norm_layer, out_channels)
        self.activation = activation_layer()

    @override
    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.activation(self.norm(self.ffc(x)))
        return out


class FFCResidualBlock(nn.Module):
    """The input plus two :class:`FFCNormAct` layers on it: the block LaMa's generators repeat.

    Args:
        channels: channels of input and output.
        ratio: share of them in the global branch, from 0 to 1.
        kernel_size: side of the convolutions' kernel in pixels, odd.
        dilation: spacing of the convolutions' kernel.
        padding_mode: "reflect", "zeros", "replicate" or "circular".
        local_fourier_unit: whether the spectral transforms have a local Fourier unit.
        norm_layer: builds every normalisation; None for none.
        activation_layer: builds every activation.

    Shape:
        - Input: (B, channels, H, W)
        - Output: (B, channels, H, W)

    Raises:
        ValueError: if an argument is out of range or an input does not fit.

    Example:
        >>> import torch
        >>> FFCResidualBlock(16, ratio=0.75)(torch.rand(1, 16, 9, 14)).shape
        torch.Size([1, 16, 9, 14])

    Source:
        LaMa, sec. 3 (implementation details) and fig. 2. That both layers are activated, and the
        sum is not, is its released code's.
    """

    def __init__(
        self,
        channels: int,
        *,
        ratio: float,
        kernel_size: int = 3,
        dilation: int = 1,
        padding_mode: PaddingMode = "reflect",
        local_fourier_unit: bool = False,
        norm_layer: NormLayer | None = nn.BatchNorm2d,
        activation_layer: ActivationLayer = nn.ReLU,
    ) -> None:
        super().__init__()
        check_at_least("kernel_size", kernel_size, 1)
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd to keep the size, got {kernel_size}")

        def layer() -> FFCNormAct:
            return FFCNormAct(
                channels,
                channels,
                kernel_size,
                ratio_gin=ratio,
                ratio_gout=ratio,
                dilation=dilation,
                padding_mode=padding_mode,
                local_fourier_unit=local_fourier_unit,
                norm_layer=norm_layer,
                activation_layer=activation_layer,
            )

        self.conv1, self.conv2 = layer(), layer()

    @override
    def forward(self, x: Tensor) -> Tensor:
        return x + cast("Tensor", self.conv2(self.conv1(x)))


def _check_global_channels(
    out_channels: int, ratio_gout: float, *, local_fourier_unit: bool
) -> None:
    """What :class:`SpectralTransform` asks of its output, told in the caller's terms."""
    _, channels = split_channels(out_channels, ratio_gout)
    multiple, needed = (8, "a multiple of 8") if local_fourier_unit else (1, "at least 2")
    if channels < 2 or channels % multiple:
        raise ValueError(
            f"out_channels={out_channels} with ratio_gout={ratio_gout} has {channels} global "
            f"channels, but its spectral transform needs {needed}"
        )


def _choose_padding(
    kernel_size: int, dilation: int, padding: int | None, *, keep_size: bool
) -> int:
    """``padding``, by default half the kernel's reach."""
    reach = dilation * (kernel_size - 1)
    if padding is None:
        padding = reach // 2
    check_at_least("padding", padding, 0)
    if keep_size and 2 * padding != reach:
        raise ValueError(
            f"padding={padding} with kernel_size={kernel_size} and dilation={dilation} gives the "
            "convolutions another size than the spectral transform; take an odd kernel_size and "
            "padding=None"
        )
    return padding


def _initialise_slices(conv: nn.Conv2d, slices: tuple[int, int]) -> None:
    """Start each slice of the input as torch starts a convolution over that slice alone."""
    if 0 in slices:
        return
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    for weight in conv.weight.detach().split(slices, dim=1):
        nn.init.kaiming_uniform_(weight, a=math.sqrt(5))
        if conv.bias is not None:  # the sum of the two biases that this one stands for
            bound = 1 / math.sqrt(weight[0].numel())
            with torch.no_grad():
                conv.bias += torch.empty_like(conv.bias).uniform_(-bound, bound)
