"""The network that every LaMa generator is: encoder, bottleneck of residual blocks, decoder.

::

    masked image and mask                                     filled image
             |                                                     |
          encoder       ->         bottleneck         ->        decoder
    (sides are halved,      (blocks that keep size      (sides are doubled,
    channels doubled)            and channels)           channels halved)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from typing_extensions import TypedDict, override

from lamakit._checks import check_at_least, check_feature_map, check_one_of
from lamakit._sizes import fitting_size, smallest_side
from lamakit.layers.layer_types import (
    PADDING_MODES,
    ActivationLayer,
    NormLayer,
    PaddingMode,
    check_factory,
    make_activation,
    make_norm,
)


class GeneratorOptions(TypedDict, total=False):
    """Options of :class:`ResNetGenerator` that every factory of generators passes on."""

    base_channels: int
    num_downsamplings: int
    max_channels: int | None
    norm_layer: NormLayer | None
    activation_layer: ActivationLayer
    output_activation: Callable[[], nn.Module]


class ResNetGenerator(nn.Module):
    """A network that fills a masked image: an encoder, residual blocks and a decoder.

    The encoder is a 7x7 convolution and strided 3x3 convolutions, the decoder transposed 3x3
    convolutions and a 7x7 convolution. Their parts are attributes, to be used or replaced:
    ``encoder``, ``bottleneck`` and ``decoder`` are ``nn.Sequential``; ``front`` and ``rear`` cut
    the same network in two before the first block. So the class is a
    :class:`~lamakit.inpainting.SizedModel` and a :class:`~lamakit.refinement.SplitModel`.

    Args:
        in_channels: channels of the input: those of the image, and one for the mask.
        out_channels: channels of the output.
        block: builds one bottleneck block from its number of channels. The block must keep the
            channels and the size. It may hold any modules: their paddings and their
            ``size_multiple`` attributes determine the generator's ``min_size`` and
            ``size_multiple``.
        num_blocks: number of blocks.
        base_channels: channels at full resolution. They double with each downsampling.
        num_downsamplings: how many times the sides are halved.
        max_channels: largest number of channels, at which doubling stops; None for no limit.
        encoder_bias: whether the encoder's convolutions have a bias.
        downsampling_padding_mode: what the padding of the strided convolutions holds: "reflect",
            "zeros", "replicate" or "circular". The convolutions at full resolution have reflection
            padding.
        norm_layer: builds the normalisations of encoder and decoder from their number of channels;
            None for none.
        activation_layer: builds the activations of encoder and decoder but the last.
        output_activation: builds the last activation, which gives the output its range.

    Attributes:
        size_multiple: both sides of the input must be multiples of this many pixels.
        min_size: both sides of the input must have at least this many pixels.

    Shape:
        - Input: (B, in_channels, H, W), ``torch.cat([image * (1 - mask), mask], dim=1)``
        - Output: (B, out_channels, H, W)

    Raises:
        ValueError: if an argument is out of range, if the input does not fit (the message gives
            the size that would), or if a block changes the number of channels.
        TypeError: if an argument has the wrong type, such as a block that is built already, or the
            input is not a floating-point tensor.

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
        LaMa, sec. 3 (implementation details) and 3.2; released configurations. The released code
        stops at 1,024 channels, which none of these configurations exceeds.
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
        max_channels: int | None = None,
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
        check_factory("block", block, "a module from its number of channels")
        widths = _widths(base_channels, num_downsamplings, max_channels)

        def stage(conv: nn.Module, channels: int, *, last: bool = False) -> _Stage:
            norm = make_norm(norm_layer, channels, "of encoder and decoder")
            return _Stage(conv, norm, make_activation(activation_layer), last=last)

        def down(level: int) -> _Stage:
            inputs, outputs = widths[level : level + 2]
            conv = _strided_conv(inputs, outputs, encoder_bias, downsampling_padding_mode)
            return stage(conv, outputs, last=level == num_downsamplings - 1)

        def up(level: int) -> _Stage:
            return stage(_transposed_conv(widths[level + 1], widths[level]), widths[level])

        self.in_channels, self.out_channels = in_channels, out_channels
        first = _full_size_conv(in_channels, base_channels, bias=encoder_bias)
        self.encoder = nn.Sequential(
            stage(first, base_channels, last=not num_downsamplings),
            *(down(level) for level in range(num_downsamplings)),
        )
        self.bottleneck: nn.Sequential = Blocks(*(block(widths[-1]) for _ in range(num_blocks)))
        last = make_activation(output_activation, "output_activation")
        self.decoder = nn.Sequential(
            *(up(level) for level in reversed(range(num_downsamplings))),
            _Stage(_full_size_conv(base_channels, out_channels), last, last=True),
        )
        scale = 2**num_downsamplings
        self.size_multiple = scale * _size_multiple(self.bottleneck)
        smallest = max(smallest_side(self.encoder[0]), scale * smallest_side(self.bottleneck))
        self.min_size, _ = fitting_size((smallest, smallest), self.size_multiple)

    @property
    def front(self) -> nn.Sequential:
        """The encoder, which computes the features from the input."""
        return self.encoder

    @property
    def rear(self) -> tuple[nn.Module, ...]:
        """The blocks and the decoder's stages, which compute the image from the features."""
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
                "(lamakit.inpainting.inpaint does, if it is given this generator itself)"
            )


class _Stage(nn.Sequential):
    """Modules that compute in channels-last memory, where large convolutions are faster.

    The last of several stages returns contiguous memory, which Fourier transforms need to be fast.
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


class Blocks(nn.Sequential):
    """Blocks that keep the number of channels."""

    @override
    def forward(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self):
            channels = x.shape[1]
            x = block(x)
            if x.shape[1] != channels:
                raise ValueError(
                    f"block {number} of the bottleneck, a {type(block).__name__}, returns "
                    f"{x.shape[1]} channels for {channels}; a block must keep the channels"
                )
        return x


def _widths(base_channels: int, num_downsamplings: int, max_channels: int | None) -> list[int]:
    """Return the channels at full resolution and after each downsampling."""
    widths = [base_channels * 2**level for level in range(num_downsamplings + 1)]
    if max_channels is None:
        return widths
    check_at_least("max_channels", max_channels, base_channels)
    return [min(width, max_channels) for width in widths]


def _full_size_conv(in_channels: int, out_channels: int, *, bias: bool = True) -> nn.Conv2d:
    """Build the first or last convolution, which works at full resolution."""
    return nn.Conv2d(in_channels, out_channels, 7, padding=3, bias=bias, padding_mode="reflect")


def _strided_conv(inputs: int, outputs: int, bias: bool, padding_mode: PaddingMode) -> nn.Conv2d:
    """Build a convolution that halves the sides."""
    return nn.Conv2d(inputs, outputs, 3, 2, 1, bias=bias, padding_mode=padding_mode)


def _transposed_conv(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """Build a convolution that doubles the sides."""
    return nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)


def _size_multiple(module: nn.Module) -> int:
    """Return the multiple that the sides of the input of ``module`` must have."""
    return math.lcm(*(getattr(part, "size_multiple", 1) for part in module.modules()))
