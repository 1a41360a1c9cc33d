"""What a layer takes to build its normalisation, its activation and its borders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

from torch import nn

__all__ = ["PADDING_MODES", "ActivationLayer", "NormLayer", "PaddingMode", "make_norm"]

NormLayer: TypeAlias = Callable[[int], nn.Module]
"""Builds a normalisation from its channels, as ``nn.BatchNorm2d`` does."""

ActivationLayer: TypeAlias = Callable[[], nn.Module]
"""Builds an activation, as ``nn.ReLU`` does."""

PaddingMode: TypeAlias = Literal["zeros", "reflect", "replicate", "circular"]
"""What stands beyond an image's borders, in ``nn.Conv2d``'s words."""

PADDING_MODES: tuple[str, ...] = get_args(PaddingMode)


def make_norm(norm_layer: NormLayer | None, channels: int) -> nn.Module:
    """The normalisation that ``norm_layer`` builds; for None, one that changes nothing."""
    return nn.Identity() if norm_layer is None else norm_layer(channels)
