"""LaMa's generators of plain and of dilated convolutions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from torch import nn
from typing_extensions import Unpack

from lamakit.generators.resnet_generator import GeneratorOptions, ResNetGenerator
from lamakit.layers import MultiDilatedConv2d, ResidualBlock
from lamakit.layers.layer_types import ActivationLayer, NormLayer


def lama_regular(
    in_channels: int = 4,
    out_channels: int = 3,
    *,
    num_blocks: int = 9,
    base_channels: int = 64,
    num_downsamplings: int = 3,
    max_channels: int | None = None,
    norm_layer: NormLayer | None = nn.BatchNorm2d,
    activation_layer: ActivationLayer = partial(nn.ReLU, inplace=True),
    output_activation: Callable[[], nn.Module] = nn.Sigmoid,
) -> ResNetGenerator:
    """Build LaMa's generator without Fourier convolutions: nine plain residual blocks.

    Args:
        in_channels: channels of the input, as in :func:`lama_fourier`.
        out_channels: channels of the output.
        num_blocks: number of residual blocks.
        base_channels: as in :func:`lama_fourier`.
        num_downsamplings: as in :func:`lama_fourier`.
        max_channels: as in :func:`lama_fourier`.
        norm_layer: as in :func:`lama_fourier`.
        activation_layer: as in :func:`lama_fourier`.
        output_activation: as in :func:`lama_fourier`.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 45,617,731 parameters by default.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if an argument has the wrong type.

    Example:
        >>> lama_regular(base_channels=8, num_blocks=2).min_size
        16

    Source:
        LaMa, sec. 3.2 ("LaMa-Regular"); released configuration: the encoder's convolutions have a
        bias, and the strided ones are padded with zeros.
    """
    return ResNetGenerator(
        in_channels,
        out_channels,
        block=partial(ResidualBlock, norm_layer=norm_layer, activation_layer=activation_layer),
        num_blocks=num_blocks,
        base_channels=base_channels,
        num_downsamplings=num_downsamplings,
        max_channels=max_channels,
        norm_layer=norm_layer,
        activation_layer=activation_layer,
        output_activation=output_activation,
        encoder_bias=True,
        downsampling_padding_mode="zeros",
    )


def lama_regular_deep(
    in_channels: int = 4, out_channels: int = 3, **options: Unpack[GeneratorOptions]
) -> ResNetGenerator:
    """Build :func:`lama_regular` with fifteen blocks.

    Args:
        in_channels: channels of the input, as in :func:`lama_fourier`.
        out_channels: channels of the output.
        **options: any other argument of :func:`lama_regular` but ``num_blocks``. The defaults are
            ``base_channels=64``, ``num_downsamplings=3``, ``max_channels=None``,
            ``output_activation=nn.Sigmoid``,
            ``norm_layer=nn.BatchNorm2d`` and ``activation_layer=partial(nn.ReLU, inplace=True)``.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 73,947,715 parameters by default.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if an argument has the wrong type or is unknown, or if ``num_blocks`` is given.

    Example:
        >>> len(lama_regular_deep(base_channels=8).bottleneck)
        15

    Source:
        LaMa, Table 2 ("Deep", Regular): the released configuration of LaMa-Regular with fifteen
        blocks.
    """
    return lama_regular(in_channels, out_channels, num_blocks=15, **options)


def lama_dilated(
    in_channels: int = 4,
    out_channels: int = 3,
    *,
    num_blocks: int = 9,
    dilations: Sequence[int] = (1, 2, 4, 8),
    base_channels: int = 64,
    num_downsamplings: int = 3,
    max_channels: int | None = None,
    norm_layer: NormLayer | None = nn.BatchNorm2d,
    activation_layer: ActivationLayer = partial(nn.ReLU, inplace=True),
    output_activation: Callable[[], nn.Module] = nn.Sigmoid,
) -> ResNetGenerator:
    """Build :func:`lama_regular` with dilated convolutions in its blocks.

    They give it a larger receptive field with as many weights.

    Args:
        in_channels: channels of the input, as in :func:`lama_fourier`.
        out_channels: channels of the output.
        num_blocks: number of residual blocks.
        dilations: dilations of each :class:`~lamakit.layers.MultiDilatedConv2d`. The number of
            channels of a block, ``base_channels * 2 ** num_downsamplings`` or ``max_channels``,
            must be a multiple of their number.
        base_channels: as in :func:`lama_fourier`.
        num_downsamplings: as in :func:`lama_fourier`.
        max_channels: as in :func:`lama_fourier`.
        norm_layer: as in :func:`lama_fourier`.
        activation_layer: as in :func:`lama_fourier`.
        output_activation: as in :func:`lama_fourier`.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 45,645,379 parameters by default. The sides
        of its input must be at least 72 pixels.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if an argument has the wrong type.

    Example:
        >>> lama_dilated(base_channels=8, num_blocks=2).min_size
        72

    Source:
        LaMa, sec. 3.2 ("LaMa-Dilated") and its supplementary material; released configuration.
    """
    return ResNetGenerator(
        in_channels,
        out_channels,
        block=partial(
            ResidualBlock,
            conv_layer=partial(MultiDilatedConv2d, dilations=dilations),
            norm_layer=norm_layer,
            activation_layer=activation_layer,
        ),
        num_blocks=num_blocks,
        base_channels=base_channels,
        num_downsamplings=num_downsamplings,
        max_channels=max_channels,
        norm_layer=norm_layer,
        activation_layer=activation_layer,
        output_activation=output_activation,
        encoder_bias=True,
        downsampling_padding_mode="zeros",
    )
