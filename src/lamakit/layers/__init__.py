"""Layers for your own network: fast Fourier convolution and its parts."""

from lamakit.layers.dilated import MultiDilatedConv2d
from lamakit.layers.ffc import FFC, FFCNormAct, FFCResidualBlock, split_channels
from lamakit.layers.residual import ResidualBlock
from lamakit.layers.spectral import FourierUnit, SpectralTransform

__all__ = [
    "FFC",
    "FFCNormAct",
    "FFCResidualBlock",
    "FourierUnit",
    "MultiDilatedConv2d",
    "ResidualBlock",
    "SpectralTransform",
    "split_channels",
]
