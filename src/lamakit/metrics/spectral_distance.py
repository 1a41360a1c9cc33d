"""How far two spectra are apart."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from lamakit._checks import check_at_least
from lamakit.analysis import radial_spectrum
from lamakit.metrics.region_means import check_measured, within

__all__ = ["log_spectral_distance"]

_ROUNDING = 2 / (12 * 255**2)  # the power of the noise in a difference of two 8-bit pixels


def log_spectral_distance(
    prediction: Tensor, target: Tensor, region: Tensor, *, num_bins: int = 16
) -> Tensor:
    """How far the radial power spectra of each image are apart in dB, over the region's pixels.

    It is the root mean square, over rings of frequencies and over channels, of the difference of
    the two spectra in decibels. 0 where both agree; a prediction that is too smooth, noisy or has a
    repeating pattern differs, wherever its details lie. Brightness does not count. NaN for an image
    whose region has no two pixels beside or above each other.

    The spectra are those of the differences between such neighbours, 0 elsewhere. Taking
    differences weights the frequencies of both images alike, so their ratio stays; but it makes the
    spectra flat, and a flat spectrum suffers little from the region's outline and the image's
    border. Power is taken for each difference, and the noise of rounding to 8 bits is added to it:
    what no 8-bit image can hold does not count.

    Args:
        prediction: values in [0, 1].
        target: what the prediction should be.
        region: 1 where a pixel counts: a mask for its hole, or what a region makes of it.
        num_bins: how many rings from frequency 0 to 0.5 cycles per pixel, at least 1; at most
            ``min(H, W) // 2`` are used, so that none is empty.

    Shape:
        - prediction, target: (B, C, H, W)
        - region: (B, 1, H, W)
        - Output: (B,), in at least float32

    Raises:
        ValueError: if the shapes or devices do not fit, or ``num_bins`` is below 1.
        TypeError: if one is not a floating-point tensor or ``num_bins`` is not an int.

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
    check_measured(prediction, target, region)
    check_at_least("num_bins", num_bins, 1)
    rings = min(num_bins, max(1, min(target.shape[2:]) // 2))
    levels = [_decibels(image, region, rings) for image in (prediction, target)]
    return (levels[0] - levels[1]).square().mean(dim=(1, 2)).sqrt()


def _decibels(image: Tensor, region: Tensor, num_bins: int) -> Tensor:
    """The power of the neighbours' differences in each ring, in dB: (B, C, num_bins)."""
    image, inside = within(region, image), (region > 0).float()
    down, down_inside = _differences(image, inside, dim=2)
    right, right_inside = _differences(image, inside, dim=3)
    power = radial_spectrum(down, num_bins=num_bins) + radial_spectrum(right, num_bins=num_bins)
    share = (down_inside + right_inside).mean(dim=(2, 3))[..., None]
    return 10 * (power / share + _ROUNDING).log10()


def _differences(image: Tensor, inside: Tensor, *, dim: int) -> tuple[Tensor, Tensor]:
    """Each pixel's next one less itself where both are inside, else 0; and 1 where both are."""
    steps = image.shape[dim] - 1
    both = inside.narrow(dim, 0, steps) * inside.narrow(dim, 1, steps)
    border = (0, 0, 0, 1) if dim == 2 else (0, 1)
    return F.pad(image.diff(dim=dim) * both, border), F.pad(both, border)
