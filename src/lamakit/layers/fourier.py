"""The real-valued two-dimensional Fourier transform: a spectrum as ordinary channels.

All real parts come first, then all imaginary parts. Published code has each imaginary part beside
its real part; torch's compiler fails on that order once sizes vary (``InductorError: cannot
determine truth value of Relational``), so published weights are reordered when they are loaded.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._dtypes import at_least_float32

__all__ = ["irfft2_from_channels", "rfft2_to_channels"]


def rfft2_to_channels(image: Tensor) -> Tensor:
    """Return the orthonormal real FFT of each channel: all real, then all imaginary parts.

    Half precision and bfloat16 are transformed in float32 and cast back.

    Shape:
        - Input: (B, C, H, W)
        - Output: (B, 2C, H, W // 2 + 1), channels in the order re0, re1, ..., im0, im1, ...
    """
    spectrum = torch.fft.rfft2(at_least_float32(image), norm="ortho")
    return torch.cat((spectrum.real, spectrum.imag), dim=1).to(image.dtype)


def irfft2_from_channels(spectrum: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the inverse of :func:`rfft2_to_channels`.

    Args:
        spectrum: what :func:`rfft2_to_channels` returned, or a function of it.
        size: (H, W) of the image; the spectrum cannot tell an odd W from an even one.

    Shape:
        - Input: (B, 2C, H, W // 2 + 1)
        - Output: (B, C, H, W)
    """
    real, imaginary = at_least_float32(spectrum).chunk(2, dim=1)
    image: Tensor = torch.fft.irfft2(torch.complex(real, imaginary), s=size, norm="ortho")
    return image.to(spectrum.dtype)
