"""What a layer takes to build its normalisation and its activation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from torch import nn

__all__ = ["ActivationLayer", "NormLayer", "make_norm"]

NormLayer: TypeAlias = Callable[[int], nn.Module]
"""Builds a normalisation from its channels, as ``nn.BatchNorm2d`` does."""

ActivationLayer: TypeAlias = Callable[[], nn.Module]
"""Builds an activation, as ``nn.ReLU`` does."""


def make_norm(norm_layer: NormLayer | None, channels: int) -> nn.Module:
    """The normalisation that ``norm_layer`` builds; for None, one that changes nothing."""
    return nn.Identity() if norm_layer is None else norm_layer(channels)
