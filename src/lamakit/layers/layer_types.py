"""Types of the norm, activation and padding arguments of layers, and what builds from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

from torch import nn

from lamakit._checks import check_one_of

NormLayer: TypeAlias = Callable[[int], nn.Module]
"""Builds a normalisation from its number of channels, as ``nn.BatchNorm2d`` does."""

ActivationLayer: TypeAlias = Callable[[], nn.Module]
"""Builds an activation, as ``nn.ReLU`` does."""

PaddingMode: TypeAlias = Literal["zeros", "reflect", "replicate", "circular"]
"""What the padding around an image holds, as ``nn.Conv2d`` names it."""

PADDING_MODES: tuple[str, ...] = get_args(PaddingMode)

_PADDINGS: dict[str, Callable[[int], nn.Module]] = {
    "zeros": nn.ZeroPad2d,
    "reflect": nn.ReflectionPad2d,
    "replicate": nn.ReplicationPad2d,
    "circular": nn.CircularPad2d,
}


def make_norm(norm_layer: NormLayer | None, channels: int) -> nn.Module:
    """Build the normalisation of that many channels; ``nn.Identity()`` for None."""
    return nn.Identity() if norm_layer is None else norm_layer(channels)


def make_padding(padding_mode: PaddingMode, pixels: int) -> nn.Module:
    """Build the module that pads each side by that many pixels; ``nn.Identity()`` for none."""
    check_one_of("padding_mode", padding_mode, PADDING_MODES)
    return _PADDINGS[padding_mode](pixels) if pixels else nn.Identity()
