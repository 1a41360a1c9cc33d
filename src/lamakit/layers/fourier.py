"""The real-valued two-dimensional Fourier transform: a spectrum as ordinary channels."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._tensors import at_least_float32

__all__ = ["irfft2_from_channels", "rfft2_to_channels"]


def rfft2_to_channels(image: Tensor) -> Tensor:
    """The orthonormal real FFT of each channel, real and imaginary parts as neighbouring channels.

    Half precision and bfloat16 are transformed in float32 and cast back.

    Shape:
        - Input: (B, C, H, W)
        - Output: (B, 2C, H, W // 2 + 1), channels in the order re0, im0, re1, im1, ...
    """
    spectrum = torch.view_as_real(torch.fft.rfft2(at_least_float32(image), norm="ortho"))
    return torch.stack(spectrum.to(image.dtype).unbind(-1), dim=2).flatten(1, 2)


def irfft2_from_channels(spectrum: Tensor, size: tuple[int, int]) -> Tensor:
    """The inverse of :func:`rfft2_to_channels`.

    Args:
        spectrum: what :func:`rfft2_to_channels` returned, or a function of it.
        size: (H, W) of the image; the spectrum cannot tell an odd W from an even one.

    Shape:
        - Input: (B, 2C, H, W // 2 + 1)
        - Output: (B, C, H, W)
    """
    real, imaginary = at_least_float32(spectrum).unflatten(1, (-1, 2)).unbind(2)
    image: Tensor = torch.fft.irfft2(torch.complex(real, imaginary), s=size, norm="ortho")
    return image.to(spectrum.dtype)
