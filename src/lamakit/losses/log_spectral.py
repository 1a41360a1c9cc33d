"""The log-spectral loss: whether a region holds as much fine detail as it should."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_image_and_mask, check_same_shape
from lamakit._dtypes import at_least_float32

_ROUNDING = 2 / (12 * 255**2)  # the power of the noise in a difference of two 8-bit pixels


# Idea. The power of photographs falls steeply with the frequency: fine detail has a thousandth of
# that of shapes, so that no plain distance sees whether it is there. A difference of logarithms
# counts every frequency alike. The magnitudes do not say where a detail lies, so a network can
# lower this loss without knowing the place of each detail, which it cannot know in a hole.
def log_spectral_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Return the mean absolute difference of the logarithms of two spectra's magnitudes.

    The spectra are those of the differences between adjacent pixels that are both missing; other
    differences count as 0. So neither the outline of the hole nor its brightness matters. The power
    of rounding to 8 bits is added to both.

    Args:
        prediction: the network's output, values in [0, 1].
        target: the true image, values in [0, 1].
        mask: 1 where a pixel is missing, 0 where it is known.

    Shape:
        - prediction, target: (B, C, H, W)
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up; ln(2) if each detail is half or twice as strong

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> target, mask = torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)
        >>> log_spectral_loss(target / 2, target, mask)
        tensor(0.69...)

    Source:
        lamakit's; :func:`~lamakit.metrics.log_spectral_distance` is the metric that it lowers.
        :func:`focal_frequency_loss` compares phases, too, so that a smooth prediction is best there
        where details are uncertain.
    """
    check_same_shape("prediction", prediction, "target", target)
    check_image_and_mask(target, mask, image_name="target")
    inside = (at_least_float32(mask) > 0).to(at_least_float32(target).dtype)
    return (_log_magnitudes(prediction, inside) - _log_magnitudes(target, inside)).abs().mean()


class LogSpectralLoss(nn.Module):
    """The mean absolute difference of the logarithms of two spectra's magnitudes.

    Called with prediction, target and mask it returns :func:`log_spectral_loss`.

    Shape:
        As :func:`log_spectral_loss`.

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(2, 3, 32, 48), torch.ones(2, 1, 32, 48)
        >>> LogSpectralLoss()(image, image, mask)
        tensor(0.)

    Source:
        As :func:`log_spectral_loss`.
    """

    @override
    def forward(self, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        return log_spectral_loss(prediction, target, mask)


def _log_magnitudes(image: Tensor, inside: Tensor) -> Tensor:
    """Return the logarithm of the magnitude at each frequency of the adjacent differences."""
    image = at_least_float32(image)
    power = torch.zeros_like(image[..., : image.shape[-1] // 2 + 1])
    count = torch.zeros_like(inside[..., :1, :1])
    for dim in (2, 3):
        # Around the border, the last row or column is compared with the first: it counts as 0.
        both = inside * inside.roll(-1, dim)
        both.select(dim, -1).zero_()
        spectrum = torch.fft.rfft2((image.roll(-1, dim) - image) * both, norm="ortho")
        power = power + spectrum.real.square() + spectrum.imag.square()
        count = count + both.mean(dim=(2, 3), keepdim=True)
    floor = (_ROUNDING * count).clamp(min=torch.finfo(power.dtype).tiny)
    return 0.5 * (power + floor).log()
