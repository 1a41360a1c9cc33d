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


def make_norm(norm_layer: NormLayer | None, channels: int, place: str = "") -> nn.Module:
    """Build the normalisation of that many channels; ``nn.Identity()`` for None.

    Args:
        norm_layer: what builds it.
        channels: its number of channels.
        place: where it is, for the message if it does not fit, such as "of the encoder".
    """
    if norm_layer is None:
        return nn.Identity()
    check_factory(
        "norm_layer",
        norm_layer,
        "a normalisation from its number of channels, as nn.BatchNorm2d or "
        "functools.partial(nn.GroupNorm, 4) does",
    )
    try:
        return norm_layer(channels)
    except ValueError as error:
        where = f" {place}" if place else ""
        raise ValueError(
            f"norm_layer does not fit the {channels} channels{where}: {error}"
        ) from error


def make_activation(activation_layer: ActivationLayer, name: str = "activation_layer") -> nn.Module:
    """Build an activation; ``name`` is that of the argument, for the message."""
    check_factory(
        name,
        activation_layer,
        "an activation, as nn.ReLU or functools.partial(nn.LeakyReLU, 0.2) does",
    )
    return activation_layer()


def check_factory(name: str, factory: object, builds: str) -> None:
    """Raise unless ``factory`` may be called to build a module; ``builds`` says what it builds."""
    if isinstance(factory, nn.Module):
        kind = type(factory).__name__
        raise TypeError(
            f"{name} must build {builds}, got a module that is built already, a {kind}; give the "
            f"class {kind}, or a function that returns a new one"
        )
    if not callable(factory):
        raise TypeError(f"{name} must build {builds}, got {factory!r:.80}")


def make_padding(padding_mode: PaddingMode, pixels: int) -> nn.Module:
    """Build the module that pads each side by that many pixels; ``nn.Identity()`` for none."""
    check_one_of("padding_mode", padding_mode, PADDING_MODES)
    return _PADDINGS[padding_mode](pixels) if pixels else nn.Identity()
