"""LaMa's generators of fast Fourier convolutions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

from lamakit.generators.resnet_generator import ResNetGenerator
from lamakit.layers import FFCResidualBlock
from lamakit.layers.layer_types import ActivationLayer, NormLayer

__all__ = ["big_lama", "lama_fourier", "lama_fourier_shallow"]


def lama_fourier(
    in_channels: int = 4,
    out_channels: int = 3,
    *,
    num_blocks: int = 9,
    base_channels: int = 64,
    num_downsamplings: int = 3,
    ratio: float = 0.75,
    local_fourier_unit: bool = False,
    norm_layer: NormLayer | None = nn.BatchNorm2d,
    activation_layer: ActivationLayer = partial(nn.ReLU, inplace=True),
    output_activation: Callable[[], nn.Module] = nn.Sigmoid,
) -> ResNetGenerator:
    """LaMa's generator: nine fast Fourier convolution blocks between three strided convolutions.

    Args:
        in_channels: channels of the input: the image's and one for the mask.
        out_channels: channels of the output.
        num_blocks: how many residual blocks.
        base_channels: channels at full resolution; they double with each downsampling.
        num_downsamplings: how often the sides are halved.
        ratio: share of the blocks' channels that is global, from 0 to 1.
        local_fourier_unit: whether the blocks have one; then sides are multiples of 16.
        norm_layer: builds every normalisation from its channels; None for none.
        activation_layer: builds every activation but the last.
        output_activation: builds what maps the output to an image's range.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 27,048,835 parameters by default.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> import torch
        >>> lama_fourier(base_channels=8, num_blocks=2)(torch.rand(1, 4, 64, 40)).shape
        torch.Size([1, 3, 64, 40])

    Source:
        LaMa, sec. 3 ("LaMa-Fourier") and Table 2; the ratio is the released configuration's.
    """

    def block(channels: int) -> FFCResidualBlock:
        return FFCResidualBlock(
            channels,
            ratio=ratio,
            local_fourier_unit=local_fourier_unit,
            norm_layer=norm_layer,
            activation_layer=activation_layer,
        )

    return ResNetGenerator(
        in_channels,
        out_channels,
        block=block,
        num_blocks=num_blocks,
        base_channels=base_channels,
        num_downsamplings=num_downsamplings,
        norm_layer=norm_layer,
        activation_layer=activation_layer,
        output_activation=output_activation,
    )


def lama_fourier_shallow(
    in_channels: int = 4,
    out_channels: int = 3,
    *,
    base_channels: int = 64,
    num_downsamplings: int = 3,
    ratio: float = 0.75,
    local_fourier_unit: bool = False,
    norm_layer: NormLayer | None = nn.BatchNorm2d,
    activation_layer: ActivationLayer = partial(nn.ReLU, inplace=True),
    output_activation: Callable[[], nn.Module] = nn.Sigmoid,
) -> ResNetGenerator:
    """:func:`lama_fourier` with six blocks.

    Args:
        in_channels: channels of the input: the image's and one for the mask.
        out_channels: channels of the output.
        base_channels: as in :func:`lama_fourier`.
        num_downsamplings: as in :func:`lama_fourier`.
        ratio: as in :func:`lama_fourier`.
        local_fourier_unit: as in :func:`lama_fourier`.
        norm_layer: as in :func:`lama_fourier`.
        activation_layer: as in :func:`lama_fourier`.
        output_activation: as in :func:`lama_fourier`.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 19,073,155 parameters by default.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> len(lama_fourier_shallow(base_channels=8).bottleneck)
        6

    Source:
        LaMa, Table 2 ("Shallow", Fourier): the released configuration of LaMa-Fourier with six
        blocks.
    """
    return lama_fourier(
        in_channels,
        out_channels,
        num_blocks=6,
        base_channels=base_channels,
        num_downsamplings=num_downsamplings,
        ratio=ratio,
        local_fourier_unit=local_fourier_unit,
        norm_layer=norm_layer,
        activation_layer=activation_layer,
        output_activation=output_activation,
    )


def big_lama(
    in_channels: int = 4,
    out_channels: int = 3,
    *,
    base_channels: int = 64,
    num_downsamplings: int = 3,
    ratio: float = 0.75,
    local_fourier_unit: bool = False,
    norm_layer: NormLayer | None = nn.BatchNorm2d,
    activation_layer: ActivationLayer = partial(nn.ReLU, inplace=True),
    output_activation: Callable[[], nn.Module] = nn.Sigmoid,
) -> ResNetGenerator:
    """:func:`lama_fourier` with eighteen blocks: the generator of LaMa's best published weights.

    Args:
        in_channels: channels of the input: the image's and one for the mask.
        out_channels: channels of the output.
        base_channels: as in :func:`lama_fourier`.
        num_downsamplings: as in :func:`lama_fourier`.
        ratio: as in :func:`lama_fourier`.
        local_fourier_unit: as in :func:`lama_fourier`.
        norm_layer: as in :func:`lama_fourier`.
        activation_layer: as in :func:`lama_fourier`.
        output_activation: as in :func:`lama_fourier`.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 50,975,875 parameters by default.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> len(big_lama(base_channels=8).bottleneck)
        18

    Source:
        LaMa, sec. 3.4 ("Big LaMa"); released configuration.
    """
    return lama_fourier(
        in_channels,
        out_channels,
        num_blocks=18,
        base_channels=base_channels,
        num_downsamplings=num_downsamplings,
        ratio=ratio,
        local_fourier_unit=local_fourier_unit,
        norm_layer=norm_layer,
        activation_layer=activation_layer,
        output_activation=output_activation,
    )
