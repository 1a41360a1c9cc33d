"""Spectra of images, as a picture and as a curve over the frequency."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_feature_map
from lamakit._dtypes import at_least_float32


def log_spectrum(image: Tensor) -> Tensor:
    """Return ``log(1 + magnitude)`` at each frequency, with frequency zero in the middle.

    The magnitude is that of the orthonormal Fourier transform. Rows and columns of the output are
    frequencies, and frequency zero is at (H // 2, W // 2). An error that repeats over the image,
    such as a checkerboard pattern, shows as a bright dot.

    Args:
        image: an image or a feature map. Each channel is transformed independently.

    Shape:
        - image: (B, C, H, W)
        - Output: (B, C, H, W), in float32, or in float64 if the image is

    Raises:
        ValueError: if the image does not have four dimensions.
        TypeError: if the image is not a floating-point tensor.

    Example:
        >>> import torch
        >>> spectrum = log_spectrum(torch.ones(1, 1, 4, 6))
        >>> spectrum[0, 0, 2, 3].exp() - 1, int((spectrum > 1e-6).sum())
        (tensor(4.8990), 1)

    Source:
        GLaMa (Lu et al., 2022), fig. 3, shows such pictures. The logarithmic scale is lamakit's.
    """
    check_feature_map("image", image)
    shifted: Tensor = torch.fft.fftshift(_spectrum(image).abs().log1p(), dim=(-2, -1))
    return shifted


def radial_spectrum(image: Tensor, *, num_bins: int | None = None) -> Tensor:
    """Return the mean power of the frequencies in each of ``num_bins`` rings around zero.

    Power is the squared magnitude of the orthonormal Fourier transform. A frequency is a pair
    (cycles per pixel down, cycles per pixel across), and its distance from zero decides its ring:
    ring ``k`` holds distances from ``k / (2 * num_bins)`` up to, but not including,
    ``(k + 1) / (2 * num_bins)``; the last ring includes 0.5. Distances above 0.5, which only
    diagonal frequencies have, are left out. The first ring holds frequency zero, which is the
    image's mean: subtract the mean first if it should not count.

    Args:
        image: an image or a feature map. Each channel is transformed independently.
        num_bins: number of rings; None for ``min(H, W) // 2``, at least 1. A ring so narrow that
            it holds no frequency is NaN; with the default number, every ring holds one.

    Shape:
        - image: (B, C, H, W)
        - Output: (B, C, num_bins), in float32, or in float64 if the image is

    Raises:
        ValueError: if the image does not have four dimensions or ``num_bins`` is below 1.
        TypeError: if the image is not a floating-point tensor or ``num_bins`` is not an int.

    Example:
        >>> import torch
        >>> wave = torch.cos(2 * torch.pi * 0.3 * torch.arange(20))  # 0.3 cycles per pixel
        >>> radial_spectrum(wave.expand(1, 1, 40, 20), num_bins=5).argmax()
        tensor(3)
    """
    check_feature_map("image", image)
    if num_bins is None:
        num_bins = max(1, min(image.shape[2:]) // 2)
    check_at_least("num_bins", num_bins, 1)
    return radial_spectrum_unchecked(image, num_bins)


def radial_spectrum_unchecked(image: Tensor, num_bins: int) -> Tensor:
    """Compute :func:`radial_spectrum` without checks."""
    height, width = image.shape[2:]
    ring = _ring_of_each_frequency(height, width, num_bins)
    counts = torch.bincount(ring, minlength=num_bins + 1).to(image.device)
    power = _spectrum(image).abs().square().flatten(2)
    sums = power.new_zeros(*image.shape[:2], num_bins + 1)
    sums = sums.index_add(2, ring.to(image.device), power)
    return (sums / counts)[..., :num_bins]


def _spectrum(image: Tensor) -> Tensor:
    """Return the orthonormal Fourier transform; that of half precision in float32."""
    spectrum: Tensor = torch.fft.fft2(at_least_float32(image), norm="ortho")
    return spectrum


def _ring_of_each_frequency(height: int, width: int, num_bins: int) -> Tensor:
    """Return the ring of each of H * W frequencies; ``num_bins`` for those above 0.5."""
    rows, columns = (torch.fft.fftfreq(side, dtype=torch.float64) for side in (height, width))
    # Rounding must not move a frequency that lies exactly on the lower edge of a ring below it.
    radius = torch.hypot(rows[:, None], columns).flatten() * (2 * num_bins) + 1e-9
    ring = radius.long()
    ring[(ring == num_bins) & (radius < num_bins + 2e-9)] = num_bins - 1
    return ring.clamp(max=num_bins)
