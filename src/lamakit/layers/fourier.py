"""The real-valued two-dimensional Fourier transform: a spectrum as ordinary channels."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

__all__ = ["irfft2_from_channels", "rfft2_to_channels"]


def rfft2_to_channels(image: Tensor) -> Tensor:
    """The orthonormal real FFT of each channel, real and imaginary parts as neighbouring channels.

    Half precision and bfloat16 are transformed in float32 and cast back.

    Shape:
        - Input: (B, C, H, W)
        - Output: (B, 2C, H, W // 2 + 1), channels in the order re0, im0, re1, im1, ...
    """
    spectrum = torch.view_as_real(torch.fft.rfft2(_at_least_float32(image), norm="ortho"))
    return rearrange(spectrum.to(image.dtype), "b c h w part -> b (c part) h w")


def irfft2_from_channels(spectrum: Tensor, size: tuple[int, int]) -> Tensor:
    """The inverse of :func:`rfft2_to_channels`.

    Args:
        spectrum: what :func:`rfft2_to_channels` returned, or a function of it.
        size: (H, W) of the image; the spectrum cannot tell an odd W from an even one.

    Shape:
        - Input: (B, 2C, H, W // 2 + 1)
        - Output: (B, C, H, W)
    """
    parts = rearrange(_at_least_float32(spectrum), "b (c part) h w -> part b c h w", part=2)
    image: Tensor = torch.fft.irfft2(torch.complex(parts[0], parts[1]), s=size, norm="ortho")
    return image.to(spectrum.dtype)


def _at_least_float32(x: Tensor) -> Tensor:
    return x if x.dtype == torch.float64 else x.float()
