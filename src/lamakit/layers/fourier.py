"""The real Fourier transform of an image, with the spectrum stored as ordinary channels.

All real parts come first, then all imaginary parts: re0, re1, ..., im0, im1, ... Published code
puts each imaginary part behind its real part instead: re0, im0, re1, im1, ... torch's compiler
fails on that order once sizes vary (``InductorError: cannot determine truth value of Relational``),
so published weights are reordered when they are loaded.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._dtypes import at_least_float32


def rfft2_to_channels(image: Tensor) -> Tensor:
    """Return the orthonormal real Fourier transform of each channel.

    Half precision and bfloat16 are transformed in float32, and the result is cast back.

    Shape:
        - Input: (B, C, H, W)
        - Output: (B, 2C, H, W // 2 + 1), channels in the order re0, re1, ..., im0, im1, ...
    """
    spectrum = torch.fft.rfft2(at_least_float32(image), norm="ortho")
    return torch.cat((spectrum.real, spectrum.imag), dim=1).to(image.dtype)


def irfft2_from_channels(spectrum: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the inverse of :func:`rfft2_to_channels`.

    Args:
        spectrum: a spectrum in the order of :func:`rfft2_to_channels`.
        size: (H, W) of the image. The spectrum alone does not tell whether W is odd or even.

    Shape:
        - Input: (B, 2C, H, W // 2 + 1)
        - Output: (B, C, H, W)
    """
    real, imaginary = at_least_float32(spectrum).chunk(2, dim=1)
    image: Tensor = torch.fft.irfft2(torch.complex(real, imaginary), s=size, norm="ortho")
    return image.to(spectrum.dtype)
