"""Spectra of images: as a picture, and as a curve over the frequency."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_feature_map
from lamakit._dtypes import at_least_float32

__all__ = ["log_spectrum", "radial_spectrum"]


def log_spectrum(image: Tensor) -> Tensor:
    """The logarithm of 1 + the magnitude at each frequency, with frequency zero in the middle.

    The transform is orthonormal. Rows and columns are frequencies; zero is at (H // 2, W // 2).
    Errors that repeat, such as a checkerboard, stand out as bright dots.

    Args:
        image: an image or a feature map; each channel is transformed alone.

    Shape:
        - image: (B, C, H, W)
        - Output: (B, C, H, W), in float32, or in float64 if the image is

    Raises:
        ValueError: if the image has other than four dimensions.
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> spectrum = log_spectrum(torch.ones(1, 1, 4, 6))
        >>> spectrum[0, 0, 2, 3].exp() - 1, int((spectrum > 1e-6).sum())
        (tensor(4.8990), 1)

    Source:
        GLaMa (Lu et al., 2022), fig. 3, shows such pictures; the scale is ours.
    """
    check_feature_map("image", image)
    shifted: Tensor = torch.fft.fftshift(_spectrum(image).abs().log1p(), dim=(-2, -1))
    return shifted


def radial_spectrum(image: Tensor, *, num_bins: int | None = None) -> Tensor:
    """The mean power of the frequencies in each of ``num_bins`` rings around zero.

    Power is the squared magnitude of the orthonormal transform. Frequencies count cycles per pixel
    on both axes, so a ring is a circle whatever the image's proportions. Ring ``k`` holds those
    from ``k / (2 * num_bins)`` to below ``(k + 1) / (2 * num_bins)``, and the last ring 0.5 too.
    Diagonal frequencies above 0.5 are left out. The first ring holds the image's mean: subtract it
    first where it should not count.

    Args:
        image: an image or a feature map; each channel is transformed alone.
        num_bins: how many rings; None for ``min(H, W) // 2``, at least 1. A ring that is too narrow
            to hold any frequency is NaN: there is none by default.

    Shape:
        - image: (B, C, H, W)
        - Output: (B, C, num_bins), in float32, or in float64 if the image is

    Raises:
        ValueError: if the image has other than four dimensions or ``num_bins`` is below 1.
        TypeError: if the image is not a floating-point tensor or ``num_bins`` is not an int.

    Example:
        >>> import torch
        >>> wave = torch.cos(2 * torch.pi * 0.3 * torch.arange(20))  # 0.3 cycles per pixel
        >>> radial_spectrum(wave.expand(1, 1, 40, 20), num_bins=5).argmax()
        tensor(3)
    """
    check_feature_map("image", image)
    height, width = image.shape[2:]
    if num_bins is None:
        num_bins = max(1, min(height, width) // 2)
    check_at_least("num_bins", num_bins, 1)
    ring = _ring_of_each_frequency(height, width, num_bins)
    counts = torch.bincount(ring, minlength=num_bins + 1).to(image.device)
    power = _spectrum(image).abs().square().flatten(2)
    sums = power.new_zeros(*image.shape[:2], num_bins + 1)
    sums = sums.index_add(2, ring.to(image.device), power)
    return (sums / counts)[..., :num_bins]


def _spectrum(image: Tensor) -> Tensor:
    """The orthonormal transform; half precision in float32."""
    spectrum: Tensor = torch.fft.fft2(at_least_float32(image), norm="ortho")
    return spectrum


def _ring_of_each_frequency(height: int, width: int, num_bins: int) -> Tensor:
    """The ring of each of H * W frequencies; ``num_bins`` for those above 0.5."""
    rows, columns = (torch.fft.fftfreq(side, dtype=torch.float64) for side in (height, width))
    # Frequencies that lie on a ring's edge in theory must not fall below it by rounding.
    radius = torch.hypot(rows[:, None], columns).flatten() * (2 * num_bins) + 1e-9
    ring = radius.long()
    ring[(ring == num_bins) & (radius < num_bins + 2e-9)] = num_bins - 1
    return ring.clamp(max=num_bins)
