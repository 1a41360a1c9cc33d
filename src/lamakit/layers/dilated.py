"""A convolution with several dilations at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_at_least, check_feature_map, check_one_of, check_sides
from lamakit._sizes import smallest_side
from lamakit.layers.layer_types import PADDING_MODES, PaddingMode


class MultiDilatedConv2d(nn.Module):
    """A sum of convolutions, each with its own dilation, over equal groups of the input channels.

    Each group is convolved to all output channels, and the results are added. So the layer has as
    many weights as a plain convolution and a larger receptive field. It keeps the size.

    Args:
        in_channels: channels of the input, a multiple of the number of dilations.
        out_channels: channels of the output.
        kernel_size: side of the kernels in pixels, odd.
        dilations: for each group, the distance in pixels between neighbouring weights of its
            kernel.
        bias: whether each group's convolution has a bias.
        padding_mode: what the padding holds: "reflect", "zeros", "replicate" or "circular".

    Attributes:
        min_size: the smallest side in pixels that the padding allows.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: (B, out_channels, H, W)

    Raises:
        ValueError: if an argument is out of range or an input does not fit.
        TypeError: if an argument has the wrong type or the input is not a floating-point tensor.

    Example:
        >>> import torch
        >>> MultiDilatedConv2d(8, 16)(torch.rand(1, 8, 20, 31)).shape
        torch.Size([1, 16, 20, 31])

    Source:
        LaMa, sec. 3.2 ("LaMa-Dilated") and its supplementary material; released configuration.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        dilations: Sequence[int] = (1, 2, 4, 8),
        bias: bool = True,
        padding_mode: PaddingMode = "reflect",
    ) -> None:
        super().__init__()
        check_at_least("in_channels", in_channels, 1)
        check_at_least("out_channels", out_channels, 1)
        check_at_least("kernel_size", kernel_size, 1)
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd to keep the size, got {kernel_size}")
        check_at_least("the number of dilations", len(dilations), 1)
        for dilation in dilations:
            check_at_least("each of dilations", dilation, 1)
        check_one_of("padding_mode", padding_mode, PADDING_MODES)
        if in_channels % len(dilations):
            raise ValueError(
                f"in_channels must be a multiple of the number of dilations, {len(dilations)}, "
                f"got {in_channels}"
            )
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.dilations = kernel_size, tuple(dilations)
        self.convs = nn.ModuleList(
            nn.Conv2d(
                in_channels // len(dilations),
                out_channels,
                kernel_size,
                padding=dilation * (kernel_size // 2),
                dilation=dilation,
                bias=bias,
                padding_mode=padding_mode,
            )
            for dilation in dilations
        )
        self.min_size = smallest_side(self)

    @override
    def forward(self, x: Tensor) -> Tensor:
        check_feature_map("x", x, self.in_channels)
        check_sides("x", x, self.min_size)
        groups = x.chunk(len(self.convs), dim=1)
        parts = (conv(group) for conv, group in zip(self.convs, groups, strict=True))
        out: Tensor = reduce(torch.add, parts)
        return out

    @override
    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"dilations={self.dilations}"
        )
