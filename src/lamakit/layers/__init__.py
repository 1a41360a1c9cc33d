"""Layers for your own network: fast Fourier convolution and its parts."""

from lamakit.layers.ffc import FFC, FFCNormAct, FFCResidualBlock, split_channels
from lamakit.layers.spectral import FourierUnit, SpectralTransform

__all__ = [
    "FFC",
    "FFCNormAct",
    "FFCResidualBlock",
    "FourierUnit",
    "SpectralTransform",
    "split_channels",
]
