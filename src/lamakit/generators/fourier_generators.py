"""LaMa's generators of fast Fourier convolutions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn
from typing_extensions import Unpack

from lamakit.generators.resnet_generator import GeneratorOptions, ResNetGenerator
from lamakit.layers import FFCResidualBlock
from lamakit.layers.layer_types import ActivationLayer, NormLayer


class FourierOptions(GeneratorOptions, total=False):
    """Options of :func:`lama_fourier` that its variants pass on: all but ``num_blocks``."""

    ratio: float
    local_fourier_unit: bool


def lama_fourier(
    in_channels: int = 4,
    out_channels: int = 3,
    *,
    num_blocks: int = 9,
    base_channels: int = 64,
    num_downsamplings: int = 3,
    max_channels: int | None = None,
    ratio: float = 0.75,
    local_fourier_unit: bool = False,
    norm_layer: NormLayer | None = nn.BatchNorm2d,
    activation_layer: ActivationLayer = partial(nn.ReLU, inplace=True),
    output_activation: Callable[[], nn.Module] = nn.Sigmoid,
) -> ResNetGenerator:
    """Build LaMa's generator: an encoder, nine residual FFC blocks and a decoder.

    Args:
        in_channels: channels of the input: those of the image, and one for the mask.
        out_channels: channels of the output.
        num_blocks: number of residual blocks.
        base_channels: channels at full resolution. They double with each downsampling.
        num_downsamplings: how many times the sides are halved.
        max_channels: largest number of channels, at which doubling stops; None for no limit.
        ratio: share of the blocks' channels that is global, from 0 to 1.
        local_fourier_unit: whether the blocks have a local Fourier unit. With one, the sides of the
            input must be multiples of ``2 ** (num_downsamplings + 1)``, 16 by default.
        norm_layer: builds every normalisation from its number of channels; None for none.
        activation_layer: builds every activation but the last.
        output_activation: builds the last activation, which gives the output its range.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 27,048,835 parameters by default.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if an argument has the wrong type.

    Example:
        >>> import torch
        >>> lama_fourier(base_channels=8, num_blocks=2)(torch.rand(1, 4, 64, 40)).shape
        torch.Size([1, 3, 64, 40])

    Source:
        LaMa, sec. 3 ("LaMa-Fourier") and Table 2; the ratio is that of the released configuration.
    """
    block = partial(
        FFCResidualBlock,
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
        max_channels=max_channels,
        norm_layer=norm_layer,
        activation_layer=activation_layer,
        output_activation=output_activation,
    )


def lama_fourier_shallow(
    in_channels: int = 4, out_channels: int = 3, **options: Unpack[FourierOptions]
) -> ResNetGenerator:
    """Build :func:`lama_fourier` with six blocks.

    Args:
        in_channels: channels of the input, as in :func:`lama_fourier`.
        out_channels: channels of the output.
        **options: any other argument of :func:`lama_fourier` but ``num_blocks``. The defaults are
            ``base_channels=64``, ``num_downsamplings=3``, ``max_channels=None``, ``ratio=0.75``,
            ``local_fourier_unit=False``, ``norm_layer=nn.BatchNorm2d``,
            ``activation_layer=partial(nn.ReLU, inplace=True)`` and
            ``output_activation=nn.Sigmoid``.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 19,073,155 parameters by default.

    Raises:
        ValueError: as :func:`lama_fourier` does.
        TypeError: as :func:`lama_fourier` does, or if ``num_blocks`` is given.

    Example:
        >>> len(lama_fourier_shallow(base_channels=8).bottleneck)
        6

    Source:
        LaMa, Table 2 ("Shallow", Fourier): the released configuration of LaMa-Fourier with six
        blocks.
    """
    return lama_fourier(in_channels, out_channels, num_blocks=6, **options)


def big_lama(
    in_channels: int = 4, out_channels: int = 3, **options: Unpack[FourierOptions]
) -> ResNetGenerator:
    """Build :func:`lama_fourier` with eighteen blocks.

    This is the generator of LaMa's best published weights.

    Args:
        in_channels: channels of the input, as in :func:`lama_fourier`.
        out_channels: channels of the output.
        **options: as in :func:`lama_fourier_shallow`, with its defaults ``base_channels=64``,
            ``num_downsamplings=3``, ``max_channels=None``, ``ratio=0.75``,
            ``local_fourier_unit=False``, ``norm_layer=nn.BatchNorm2d``,
            ``activation_layer=partial(nn.ReLU, inplace=True)`` and
            ``output_activation=nn.Sigmoid``.

    Returns:
        A :class:`ResNetGenerator` with fresh weights; 50,975,875 parameters by default.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if an argument has the wrong type or is unknown, or if ``num_blocks`` is given.

    Example:
        >>> len(big_lama(base_channels=8).bottleneck)
        18

    Source:
        LaMa, sec. 3.4 ("Big LaMa"); released configuration.
    """
    return lama_fourier(in_channels, out_channels, num_blocks=18, **options)
