"""The fast Fourier convolution (FFC), and how it splits channels into local and global ones.

One tensor holds both branches of a feature map, first the local channels, then the global ones::

    local output  = conv(local input) + conv(global input)
    global output = conv(local input) + spectral_transform(global input)

The two convolutions into the local branch are one convolution over all input channels, because a
convolution adds up what each input channel gives.
"""

from __future__ import annotations

import math
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from typing_extensions import TypedDict, override

from lamakit._checks import check_at_least, check_feature_map, check_fraction, check_sides
from lamakit._sizes import scaled_down, smallest_side
from lamakit.layers.layer_types import ActivationLayer, NormLayer, PaddingMode, make_padding
from lamakit.layers.spectral import SpectralTransform

_SIZES = ("in_channels", "out_channels", "kernel_size", "stride", "dilation")


def split_channels(channels: int, ratio: float) -> tuple[int, int]:
    """Return how many of ``channels`` are local and how many global.

    The last ``floor(channels * ratio)`` channels are global, all before them local.

    Args:
        channels: channels of the feature map.
        ratio: share of them in the global branch, from 0 to 1.

    Raises:
        ValueError: if ``channels`` is negative or ``ratio`` outside [0, 1].
        TypeError: if ``channels`` is not an integer or ``ratio`` not a number.

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


class FFCOptions(TypedDict, total=False):
    """Options of :class:`FFC` that the layers built on it pass on."""

    ratio_gin: float | None
    ratio_gout: float | None
    ratio: float | None
    stride: int
    padding: int | None
    dilation: int
    bias: bool
    padding_mode: PaddingMode
    local_fourier_unit: bool


class FFC(nn.Module):
    """A convolution whose last output channels depend on the whole image.

    Use it in place of ``nn.Conv2d``. One tensor holds two branches: its last channels are the
    global branch, the others the local one; :func:`split_channels` gives both numbers from the
    ratios. The global output is a spectral transform of the global input plus a convolution of the
    local input. The local output is a convolution of all input. Where the input or the output has
    no global channels, the layer is a plain convolution.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: side of the convolutions' kernel in pixels.
        ratio_gin: share of the input channels that is global, from 0 to 1. It must equal the
            ``ratio_gout`` of the layer before. Nothing checks this: a tensor does not say which
            of its channels are global.
        ratio_gout: share of the output channels that is global, from 0 to 1.
        ratio: both shares, in place of ``ratio_gin`` and ``ratio_gout``.
        stride: step of the convolutions in pixels. It must be 1 or 2 where input and output have
            global channels. 2 halves the sides, rounding up, in both branches.
        padding: pixels added on each side; None for ``dilation * (kernel_size - 1) // 2``, which
            keeps the size at stride 1 and an odd kernel.
        dilation: distance in pixels between neighbouring weights of the kernel.
        bias: whether the convolutions have a bias; the spectral transform never has one.
        padding_mode: what the padding holds: "reflect", "zeros", "replicate" or "circular".
        local_fourier_unit: whether the :class:`SpectralTransform` has a second Fourier unit, for
            the four quadrants of the image; ``enable_lfu`` in the released code.
        norm_layer: builds the normalisations inside the spectral transform from their number of
            channels; None for none.
        activation_layer: builds the activations inside the spectral transform.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: (B, out_channels, H, W) with the default padding and stride 1

    Raises:
        ValueError: if an argument is out of range, if padding or kernel would give the branches
            different sizes, or if an input does not fit.
        TypeError: if an argument has the wrong type, if neither both ratios nor ``ratio`` are
            given, or if the input is not a floating-point tensor.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> layers = nn.Sequential(
        ...     FFC(3, 16, 3, ratio_gin=0, ratio_gout=0.5),
        ...     nn.ReLU(),
        ...     FFC(16, 16, 3, ratio=0.5),
        ...     nn.ReLU(),
        ...     FFC(16, 8, 3, ratio_gin=0.5, ratio_gout=0),
        ... )
        >>> layers(torch.rand(1, 3, 33, 47)).shape
        torch.Size([1, 8, 33, 47])

    Source:
        Chi et al., "Fast Fourier Convolution" (NeurIPS 2020), sec. 3.1; LaMa, sec. 2.1. Difference:
        the two convolutions into the local branch are one over all channels. Each of its two input
        slices is initialised with its own fan-in, so fresh weights are distributed as those of two
        convolutions would be. The defaults are LaMa's released ones: reflection padding, no local
        Fourier unit.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        ratio_gin: float | None = None,
        ratio_gout: float | None = None,
        ratio: float | None = None,
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
        sizes = (in_channels, out_channels, kernel_size, stride, dilation)
        for name, size in zip(_SIZES, sizes, strict=True):
            check_at_least(name, size, 1)
        self.in_channels, self.out_channels, self.kernel_size, self.stride, self.dilation = sizes
        self.ratio_gin, self.ratio_gout = _choose_ratios(ratio_gin, ratio_gout, ratio)
        self.in_local, in_global = split_channels(in_channels, self.ratio_gin)
        out_local, out_global = split_channels(out_channels, self.ratio_gout)
        spectral = in_global > 0 and out_global > 0
        self.padding = _choose_padding(kernel_size, dilation, padding, keep_size=spectral)
        self.padding_mode = padding_mode
        # Every convolution reads the same padded tensor, so it is padded once, here.
        self.pad = make_padding(padding_mode, self.padding)
        self.min_size = smallest_side(self.pad)
        make_conv = partial(
            nn.Conv2d, kernel_size=kernel_size, stride=stride, dilation=dilation, bias=bias
        )
        conv_outputs = out_local if spectral else out_channels
        self.conv = make_conv(in_channels, conv_outputs) if conv_outputs else None
        self.local_to_global: nn.Conv2d | None = None
        self.global_to_global: SpectralTransform | None = None
        if spectral:
            _check_global_channels(self, out_global, lfu=local_fourier_unit)
            self.local_to_global = make_conv(self.in_local, out_global) if self.in_local else None
            self.global_to_global = SpectralTransform(
                in_global,
                out_global,
                stride=stride,
                local_fourier_unit=local_fourier_unit,
                norm_layer=norm_layer,
                activation_layer=activation_layer,
            )
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
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"ratio_gin={self.ratio_gin}, ratio_gout={self.ratio_gout}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation}"
        )


def _choose_ratios(
    ratio_gin: float | None, ratio_gout: float | None, ratio: float | None
) -> tuple[float, float]:
    """Return the shares of the input and of the output channels; raise unless they are given."""
    if ratio is not None:
        if ratio_gin is not None or ratio_gout is not None:
            raise TypeError("give ratio for both, or ratio_gin and ratio_gout, but not all three")
        check_fraction("ratio", ratio)
        return ratio, ratio
    if ratio_gin is None or ratio_gout is None:
        raise TypeError(
            "the shares of global channels are missing: give ratio for input and output alike, or "
            f"both ratio_gin and ratio_gout; got ratio_gin={ratio_gin}, ratio_gout={ratio_gout}"
        )
    check_fraction("ratio_gin", ratio_gin)
    check_fraction("ratio_gout", ratio_gout)
    return ratio_gin, ratio_gout


def _check_global_channels(layer: FFC, channels: int, *, lfu: bool) -> None:
    """Raise unless :class:`SpectralTransform` can return that many ``channels``."""
    multiple, needed = (8, "a multiple of 8") if lfu else (1, "at least 2")
    if channels < 2 or channels % multiple:
        raise ValueError(
            f"out_channels={layer.out_channels} with ratio_gout={layer.ratio_gout} has {channels} "
            f"global channels, but its spectral transform needs {needed}"
        )


def _choose_padding(
    kernel_size: int, dilation: int, padding: int | None, *, keep_size: bool
) -> int:
    """Return ``padding``, or the default for None; raise where it must keep the size but does not.

    The spectral transform keeps the size, so the convolutions added to it must keep it, too.
    """
    reach = dilation * (kernel_size - 1)
    if isinstance(padding, str):
        raise TypeError(
            f"padding must be an int or None, got {padding!r}; None keeps the size at stride 1"
        )
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


def _initialise_slices(conv: nn.Conv2d | None, slices: tuple[int, int]) -> None:
    """Initialise a convolution as the sum of two that read one slice of the input channels each.

    torch draws the weights of a convolution uniformly from a range that shrinks as its fan-in
    grows. Over all channels at once, the range would be narrower than that of either slice. The
    bias is the sum of two, each with the range of its slice.
    """
    if conv is None or 0 in slices:
        return
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    for weight in conv.weight.detach().split(slices, dim=1):
        nn.init.kaiming_uniform_(weight, a=math.sqrt(5))
        if conv.bias is not None:
            bound = 1 / math.sqrt(weight[0].numel())
            with torch.no_grad():
                conv.bias += torch.empty_like(conv.bias).uniform_(-bound, bound)
