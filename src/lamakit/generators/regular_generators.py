"""LaMa's generators of plain and of dilated convolutions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from torch import nn

from lamakit.generators.resnet_generator import ResNetGenerator
from lamakit.layers import MultiDilatedConv2d, ResidualBlock
from lamakit.layers.layer_types import ActivationLayer, NormLayer

__all__ = ["lama_dilated", "lama_regular", "lama_regular_deep"]


def lama_regular(
    in_channels: int = 4,
    out_channels: int = 3,
    *,
    num_blocks: int = 9,
    base_channels: int = 64,
    num_downsamplings: int = 3,
    norm_layer: NormLayer | None = nn.BatchNorm2d,
    activation_layer: ActivationLayer = partial(nn.ReLU, inplace=True),
    output_activation: Callable[[], nn.Module] = nn.Sigmoid,
) -> ResNetGenerator:
    """LaMa's generator without Fourier convolutions: nine plain residual blocks.

    Args:
        in_channels: channels of the input: the image's and one for the mask.
        out_channels: channels of the output.
        num_blocks: how many residual blocks.
        base_channels: channels at full resolution; they double with each downsampling.
        num_downsamplings: how often the sides are halved.
        norm_layer: builds every normalisation from its channels; None for none.
        activation_layer: builds every activation but the last.
        output_activation: builds what maps the output to an image's range.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 45,617,731 parameters by default.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> import torch
        >>> lama_regular(base_channels=8, num_blocks=2)(torch.rand(1, 4, 64, 40)).shape
        torch.Size([1, 3, 64, 40])

    Source:
        LaMa, sec. 3.2 ("LaMa-Regular"); released configuration, with biased convolutions and zeros
        around the strided ones.
    """
    return ResNetGenerator(
        in_channels,
        out_channels,
        block=partial(ResidualBlock, norm_layer=norm_layer, activation_layer=activation_layer),
        num_blocks=num_blocks,
        encoder_bias=True,
        downsampling_padding_mode="zeros",
        base_channels=base_channels,
        num_downsamplings=num_downsamplings,
        norm_layer=norm_layer,
        activation_layer=activation_layer,
        output_activation=output_activation,
    )


def lama_regular_deep(
    in_channels: int = 4,
    out_channels: int = 3,
    *,
    base_channels: int = 64,
    num_downsamplings: int = 3,
    norm_layer: NormLayer | None = nn.BatchNorm2d,
    activation_layer: ActivationLayer = partial(nn.ReLU, inplace=True),
    output_activation: Callable[[], nn.Module] = nn.Sigmoid,
) -> ResNetGenerator:
    """:func:`lama_regular` with fifteen blocks.

    Args:
        in_channels: channels of the input: the image's and one for the mask.
        out_channels: channels of the output.
        base_channels: as in :func:`lama_regular`.
        num_downsamplings: as in :func:`lama_regular`.
        norm_layer: as in :func:`lama_regular`.
        activation_layer: as in :func:`lama_regular`.
        output_activation: as in :func:`lama_regular`.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 73,947,715 parameters by default.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> len(lama_regular_deep(base_channels=8).bottleneck)
        15

    Source:
        LaMa, Table 2 ("Deep", Regular): the released configuration of LaMa-Regular with fifteen
        blocks.
    """
    return lama_regular(
        in_channels,
        out_channels,
        num_blocks=15,
        base_channels=base_channels,
        num_downsamplings=num_downsamplings,
        norm_layer=norm_layer,
        activation_layer=activation_layer,
        output_activation=output_activation,
    )


def lama_dilated(
    in_channels: int = 4,
    out_channels: int = 3,
    *,
    num_blocks: int = 9,
    dilations: Sequence[int] = (1, 2, 4, 8),
    base_channels: int = 64,
    num_downsamplings: int = 3,
    norm_layer: NormLayer | None = nn.BatchNorm2d,
    activation_layer: ActivationLayer = partial(nn.ReLU, inplace=True),
    output_activation: Callable[[], nn.Module] = nn.Sigmoid,
) -> ResNetGenerator:
    """:func:`lama_regular` with dilated convolutions in its blocks, which widen its view.

    Args:
        in_channels: channels of the input: the image's and one for the mask.
        out_channels: channels of the output.
        num_blocks: how many residual blocks.
        dilations: those of each :class:`~lamakit.layers.MultiDilatedConv2d`.
        base_channels: as in :func:`lama_regular`.
        num_downsamplings: as in :func:`lama_regular`.
        norm_layer: as in :func:`lama_regular`.
        activation_layer: as in :func:`lama_regular`.
        output_activation: as in :func:`lama_regular`.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 45,645,379 parameters by default. Its sides
        must be at least 72.

    Raises:
        ValueError: if an argument is out of range.

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
        encoder_bias=True,
        downsampling_padding_mode="zeros",
        base_channels=base_channels,
        num_downsamplings=num_downsamplings,
        norm_layer=norm_layer,
        activation_layer=activation_layer,
        output_activation=output_activation,
    )
