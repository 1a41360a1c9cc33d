"""The real Fourier transform of an image, with the spectrum stored as ordinary channels.

All real parts come first, then all imaginary parts: re0, re1, ..., im0, im1, ... Published code
puts each imaginary part behind its real part instead: re0, im0, re1, im1, ... torch's compiler
fails on that order once sizes vary (``InductorError: cannot determine truth value of Relational``),
so published weights are reordered when they are loaded.

Two backends compute it: "fft" is ``torch.fft``, "matmul" multiplies by real matrices.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from lamakit._checks import check_one_of
from lamakit._dtypes import at_least_float32
from lamakit.layers.fourier_matmul import irfft2_by_matmul, rfft2_by_matmul

FourierBackend: TypeAlias = Literal["fft", "matmul"]
"""What computes a Fourier transform."""

FOURIER_BACKENDS: tuple[FourierBackend, ...] = get_args(FourierBackend)


def rfft2_to_channels(image: Tensor, backend: FourierBackend = "fft") -> Tensor:
    """Return the orthonormal real Fourier transform of each channel.

    Half precision and bfloat16 are transformed in float32, and the result is cast back.

    Args:
        image: the image.
        backend: what computes the transform, "fft" or "matmul".

    Shape:
        - Input: (B, C, H, W)
        - Output: (B, 2C, H, W // 2 + 1), channels in the order re0, re1, ..., im0, im1, ...
    """
    check_one_of("backend", backend, FOURIER_BACKENDS)
    exact = at_least_float32(image)
    if backend == "matmul":
        return rfft2_by_matmul(exact).to(image.dtype)
    spectrum = torch.fft.rfft2(exact, norm="ortho")
    return torch.cat((spectrum.real, spectrum.imag), dim=1).to(image.dtype)


def irfft2_from_channels(
    spectrum: Tensor, size: tuple[int, int], backend: FourierBackend = "fft"
) -> Tensor:
    """Return the inverse of :func:`rfft2_to_channels`.

    Args:
        spectrum: a spectrum in the order of :func:`rfft2_to_channels`.
        size: (H, W) of the image. The spectrum alone does not tell whether W is odd or even.
        backend: what computes the transform, "fft" or "matmul".

    Shape:
        - Input: (B, 2C, H, W // 2 + 1)
        - Output: (B, C, H, W)
    """
    check_one_of("backend", backend, FOURIER_BACKENDS)
    exact = at_least_float32(spectrum)
    if backend == "matmul":
        return irfft2_by_matmul(exact, size).to(spectrum.dtype)
    real, imaginary = exact.chunk(2, dim=1)
    image: Tensor = torch.fft.irfft2(torch.complex(real, imaginary), s=size, norm="ortho")
    return image.to(spectrum.dtype)
