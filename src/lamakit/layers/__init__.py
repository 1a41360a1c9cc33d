"""Layers for your own network: the fast Fourier convolution, its parts, and residual blocks."""

from lamakit.layers.concatenation import concat_channels
from lamakit.layers.dilated import MultiDilatedConv2d
from lamakit.layers.ffc import FFC, split_channels
from lamakit.layers.ffc_blocks import FFCNormAct, FFCResidualBlock
from lamakit.layers.fourier_backends import fourier_backend, set_fourier_backend
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
    "concat_channels",
    "fourier_backend",
    "set_fourier_backend",
    "split_channels",
]
