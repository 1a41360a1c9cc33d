"""The real Fourier transform of an image as products of real matrices.

The idea: the transform of N numbers is their product with a matrix of cosines and one of sines, and
an image is transformed row by row, then column by column. This takes about H * W * (H + W)
multiplications where the fast Fourier transform takes H * W * log(H * W). But it needs neither
complex numbers nor an operator of its own, so it runs where these are missing.

The matrices are made anew in each call, from the sizes of the input. So an exported graph takes any
size, and nothing has to be kept or moved between devices. Beside the products this takes little
time, except where an image is small and has few channels.
"""

from __future__ import annotations

import contextlib
import math
from contextlib import AbstractContextManager

import torch
from torch import Tensor


def rfft2_by_matmul(image: Tensor) -> Tensor:
    """Return the orthonormal real Fourier transform of each channel.

    Shape:
        - Input: (B, C, H, W), float32 or float64
        - Output: (B, 2C, H, W // 2 + 1), all real parts, then all imaginary parts
    """
    height, width = image.shape[2:]
    with _without_autocast(image.device):
        # Along the rows, for the frequencies from 0 on: x -> (cos - i sin) x.
        cosine, sine = _waves(width, width // 2 + 1, image)
        real, imaginary = image @ cosine, image @ -sine
        # Along the columns: a + i b -> (cos - i sin) (a + i b).
        cosine, sine = _waves(height, height, image)
        parts = (cosine @ real + sine @ imaginary, cosine @ imaginary - sine @ real)
        return torch.cat(parts, dim=1)


def irfft2_by_matmul(spectrum: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the inverse of :func:`rfft2_by_matmul`.

    It equals ``torch.fft.irfft2`` for any spectrum, also for one that no real image has.

    Args:
        spectrum: a spectrum in the order of :func:`rfft2_by_matmul`.
        size: (H, W) of the image.

    Shape:
        - Input: (B, 2C, H, W // 2 + 1), float32 or float64
        - Output: (B, C, H, W)
    """
    height, width = size
    real, imaginary = spectrum.chunk(2, dim=1)
    with _without_autocast(spectrum.device):
        # Along the columns: a + i b -> (cos + i sin) (a + i b).
        cosine, sine = _waves(height, height, spectrum)
        real, imaginary = cosine @ real - sine @ imaginary, cosine @ imaginary + sine @ real
        # Along the rows, only the real part: a + i b -> cos a - sin b.
        cosine, sine = _waves(width, width // 2 + 1, spectrum)
        weight = _occurrences(width, spectrum)
        return real @ (cosine * weight).mT - imaginary @ (sine * weight).mT


def _waves(length: int, frequencies: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return cos and sin of 2 pi n k / N, divided by sqrt(N), as matrices (N, frequencies).

    The angle is computed from the remainder of n k by N, in integers. So it is below 2 pi, and each
    number is exact up to rounding.
    """
    position = torch.arange(length, device=like.device)
    frequency = torch.arange(frequencies, device=like.device)
    count = _as_tensor(length, like)
    remainder = torch.remainder(position[:, None] * frequency, count)
    count = count.to(like.dtype)
    angle = remainder.to(like.dtype) * (2 * math.pi) / count
    return angle.cos() / count.sqrt(), angle.sin() / count.sqrt()


def _occurrences(width: int, like: Tensor) -> Tensor:
    """Return how often each frequency of the half spectrum occurs in the whole one: once or twice.

    A frequency k from 1 to below W / 2 stands for -k, too, which adds the same real part. The
    frequencies 0 and W / 2 are their own negatives, and the sine of both is 0 at all positions.
    """
    frequency = torch.arange(width // 2 + 1, device=like.device)
    is_its_negative = (frequency == 0) | (2 * frequency == _as_tensor(width, like))
    return torch.where(is_its_negative, 1.0, 2.0).to(like.dtype)


def _as_tensor(length: int, like: Tensor) -> Tensor:
    """Return a length as a tensor. ONNX cannot compute a remainder by a symbolic number."""
    return torch.full((), length, dtype=torch.int64, device=like.device)


def _without_autocast(device: torch.device) -> AbstractContextManager[object]:
    """Return a context in which autocast leaves the dtype of matrix products as it is.

    Where autocast is off already, nothing is entered, so nothing appears in an exported graph.
    """
    kind = device.type
    if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
        return torch.autocast(kind, enabled=False)
    return contextlib.nullcontext()
