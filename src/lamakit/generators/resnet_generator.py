"""The encoder, bottleneck and decoder that every LaMa generator consists of."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_at_least, check_feature_map, check_one_of
from lamakit._sizes import fitting_size, smallest_side
from lamakit.layers.layer_types import (
    PADDING_MODES,
    ActivationLayer,
    NormLayer,
    PaddingMode,
    make_norm,
)

__all__ = ["ResNetGenerator"]


class ResNetGenerator(nn.Module):
    """An image from a masked image and its mask: down, through residual blocks, and up again.

    The parts are there to be used and replaced: ``encoder``, ``bottleneck`` and ``decoder`` are
    ``nn.Sequential``; ``front`` is everything before the first block, ``rear`` the rest in pieces
    that run one after another.

    Args:
        in_channels: channels of the input: the image's and one for the mask.
        out_channels: channels of the output.
        block: builds one bottleneck block from its number of channels, which it must keep, like
            the size. It may hold any modules: their reflection paddings and ``size_multiple``
            attributes set the generator's ``min_size`` and ``size_multiple``.
        num_blocks: how many blocks.
        base_channels: channels at full resolution; they double with each downsampling.
        num_downsamplings: how often the sides are halved.
        encoder_bias: whether the encoder's convolutions have a bias.
        downsampling_padding_mode: borders of the strided convolutions, "reflect", "zeros",
            "replicate" or "circular"; those at full resolution reflect.
        norm_layer: builds the encoder's and decoder's normalisations; None for none.
        activation_layer: builds their activations.
        output_activation: builds what maps the output to an image's range.

    Attributes:
        size_multiple: the input's sides must be multiples of this.
        min_size: the smallest side that works.

    Shape:
        - Input: (B, in_channels, H, W), ``torch.cat([image * (1 - mask), mask], dim=1)``
        - Output: (B, out_channels, H, W)

    Raises:
        ValueError: if an argument is out of range; if the input's sides do not fit, with the
            size that would.

    Example:
        >>> import torch
        >>> from lamakit.layers import FFCResidualBlock
        >>> model = ResNetGenerator(
        ...     block=lambda channels: FFCResidualBlock(channels, ratio=0.5),
        ...     num_blocks=2,
        ...     base_channels=8,
        ... )
        >>> model(torch.rand(1, 4, 32, 48)).shape
        torch.Size([1, 3, 32, 48])
        >>> model.size_multiple, model.min_size
        (8, 16)

    Source:
        LaMa, sec. 3 (implementation details) and 3.2; released configurations. Difference: widths
        double at every downsampling, where the released code stops at 1,024 channels.
    """

    def __init__(
        self,
        in_channels: int = 4,
        out_channels: int = 3,
        *,
        block: Callable[[int], nn.Module],
        num_blocks: int = 9,
        base_channels: int = 64,
        num_downsamplings: int = 3,
        encoder_bias: bool = False,
        downsampling_padding_mode: PaddingMode = "reflect",
        norm_layer: NormLayer | None = nn.BatchNorm2d,
        activation_layer: ActivationLayer = partial(nn.ReLU, inplace=True),
        output_activation: Callable[[], nn.Module] = nn.Sigmoid,
    ) -> None:
        super().__init__()
        check_at_least("in_channels", in_channels, 1)
        check_at_least("out_channels", out_channels, 1)
        check_at_least("num_blocks", num_blocks, 0)
        check_at_least("base_channels", base_channels, 1)
        check_at_least("num_downsamplings", num_downsamplings, 0)
        check_one_of("downsampling_padding_mode", downsampling_padding_mode, PADDING_MODES)
        widths = [base_channels * 2**level for level in range(num_downsamplings + 1)]

        def stage(conv: nn.Module, channels: int, *, last: bool = False) -> _Stage:
            return _Stage(conv, make_norm(norm_layer, channels), activation_layer(), last=last)

        def encode(
            inputs: int, outputs: int, kernel_size: int, stride: int, padding_mode: PaddingMode
        ) -> _Stage:
            conv = nn.Conv2d(
                inputs,
                outputs,
                kernel_size,
                stride,
                kernel_size // 2,
                bias=encoder_bias,
                padding_mode=padding_mode,
            )
            return stage(conv, outputs, last=outputs == widths[-1])

        self.in_channels, self.out_channels = in_channels, out_channels
        self.encoder = nn.Sequential(
            encode(in_channels, base_channels, 7, 1, "reflect"),
            *(encode(width, 2 * width, 3, 2, downsampling_padding_mode) for width in widths[:-1]),
        )
        self.bottleneck = nn.Sequential(*(block(widths[-1]) for _ in range(num_blocks)))
        self.decoder = nn.Sequential(
            *(stage(_upsampling_conv(2 * width, width), width) for width in reversed(widths[:-1])),
            _Stage(_last_conv(base_channels, out_channels), output_activation(), last=True),
        )
        scale = 2**num_downsamplings
        self.size_multiple = scale * _size_multiple(self.bottleneck)
        smallest = max(smallest_side(self.encoder[0]), scale * smallest_side(self.bottleneck))
        self.min_size, _ = fitting_size((smallest, smallest), self.size_multiple)

    @property
    def front(self) -> nn.Sequential:
        """Everything before the first block, from input to features."""
        return self.encoder

    @property
    def rear(self) -> tuple[nn.Module, ...]:
        """The blocks and the decoder's stages, to be called in order, from features to image."""
        return (*self.bottleneck, *self.decoder)

    @override
    def forward(self, x: Tensor) -> Tensor:
        check_feature_map("x", x, self.in_channels)
        self._check_size(x.shape[2], x.shape[3])
        image: Tensor = self.decoder(self.bottleneck(self.encoder(x)))
        return image

    def _check_size(self, height: int, width: int) -> None:
        fitting = fitting_size((height, width), self.size_multiple, self.min_size)
        if (height, width) != fitting:
            raise ValueError(
                f"x is {height}x{width}, but both sides must be multiples of {self.size_multiple} "
                f"and at least {self.min_size}: pad it to {fitting[0]}x{fitting[1]} "
                "(lamakit.inpainting.inpaint pads and crops by itself)"
            )


class _Stage(nn.Sequential):
    """Modules computed in channels-last memory, where large convolutions are faster.

    The last of several stages hands on contiguous memory, which Fourier transforms want.
    """

    def __init__(self, *modules: nn.Module, last: bool = False) -> None:
        super().__init__(*modules)
        self.last = last

    @override
    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        for module in self:
            x = module(x)
        return x.contiguous() if self.last else x


def _last_conv(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 7, padding=3, padding_mode="reflect")


def _upsampling_conv(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(in_channels, out_channels, 3, stride=2, padding=1, output_padding=1)


def _size_multiple(module: nn.Module) -> int:
    """The multiple that the sides must have where ``module`` works."""
    return math.lcm(*(getattr(part, "size_multiple", 1) for part in module.modules()))
