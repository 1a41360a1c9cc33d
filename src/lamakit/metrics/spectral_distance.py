"""Distance between the spectra of two images."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from lamakit._checks import check_at_least
from lamakit.analysis.spectra import radial_spectrum_unchecked
from lamakit.metrics.region_means import check_metric_inputs, zero_outside

_ROUNDING = 2 / (12 * 255**2)  # the power of the noise in a difference of two 8-bit pixels


def log_spectral_distance(
    prediction: Tensor, target: Tensor, region: Tensor, *, num_bins: int = 16
) -> Tensor:
    """Return the distance between the radial power spectra of each image and its target, in dB.

    The distance is the root mean square of the difference of the two spectra in decibels, over
    rings of frequencies and over the channels. 0 is best. A prediction that is too smooth, too
    noisy or has a repeating pattern has a large distance. The position of details and the
    brightness of the image do not matter. An image whose region holds no two adjacent pixels (side
    by side or one above the other) has the value NaN.

    The spectra are those of the differences between adjacent pixels of the region; a difference
    with a pixel outside counts as 0. Differences multiply both spectra by the same weights, so
    their ratio stays the same; and they make the spectra flat, so that the outline of the region
    and the border of the image change them little. Power is divided by the number of differences,
    and the power of rounding to 8 bits is added: details too faint for an 8-bit image do not count.

    Args:
        prediction: the filled images, values in [0, 1].
        target: the true images, values in [0, 1].
        region: as in :func:`l1`.
        num_bins: the number of rings from frequency 0 to 0.5 cycles per pixel, at least 1. At most
            ``min(H, W) // 2`` are used, so that none is empty.

    Shape:
        As in :func:`l1`.

    Raises:
        ValueError: if ``num_bins`` is below 1; else as :func:`l1`.
        TypeError: if ``num_bins`` is not an int; else as :func:`l1`.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)
        >>> smooth = torch.nn.functional.avg_pool2d(image, 3, 1, 1)
        >>> log_spectral_distance(image, image, mask)
        tensor([0.])
        >>> bool(log_spectral_distance(smooth, image, mask) > 5)
        True

    Source:
        GLaMa (Lu et al., 2022), sec. 1 and fig. 3, shows spectra of real and inpainted images
        beside each other; the number is ours.
    """
    check_metric_inputs(prediction, target, region)
    check_at_least("num_bins", num_bins, 1)
    num_bins = min(num_bins, max(1, min(target.shape[2:]) // 2))
    difference = _decibels(prediction, region, num_bins) - _decibels(target, region, num_bins)
    return difference.square().mean(dim=(1, 2)).sqrt()


def _decibels(image: Tensor, region: Tensor, num_bins: int) -> Tensor:
    """Return the power of the adjacent pixels' differences in each ring, in dB: (B, C, bins)."""
    image, inside = zero_outside(image, region), (region > 0).float()
    down, down_inside = _differences(image, inside, dim=2)
    right, right_inside = _differences(image, inside, dim=3)
    power = radial_spectrum_unchecked(down, num_bins) + radial_spectrum_unchecked(right, num_bins)
    share = (down_inside + right_inside).mean(dim=(2, 3))[..., None]
    return 10 * (power / share + _ROUNDING).log10()


def _differences(image: Tensor, inside: Tensor, *, dim: int) -> tuple[Tensor, Tensor]:
    """Return ``next - pixel`` along ``dim``, 0 unless both are inside, and 1 where both are."""
    length = image.shape[dim] - 1
    both = inside.narrow(dim, 0, length) * inside.narrow(dim, 1, length)
    border = (0, 0, 0, 1) if dim == 2 else (0, 1)
    return F.pad(image.diff(dim=dim) * both, border), F.pad(both, border)
