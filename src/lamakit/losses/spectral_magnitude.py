"""The spectral magnitude loss: whether a region holds each frequency as strongly as it should."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_image_and_mask, check_same_shape
from lamakit._dtypes import at_least_float32


# Idea. A network that learns from the error of pixels alone leaves out the details whose place it
# cannot know, because a smooth prediction errs least. The magnitudes of the Fourier transform say
# how much detail there is at each frequency, whatever its place, so a smooth prediction errs here.
def spectral_magnitude_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Return the mean absolute difference of the magnitudes of two spectra.

    Pixels that are known count as 0 in both images. The transform is orthonormal, so that the loss
    does not depend on the size of the images.

    Args:
        prediction: the network's output.
        target: the true image.
        mask: 1 where a pixel is missing, 0 where it is known.

    Shape:
        - prediction, target: (B, C, H, W)
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> target, mask = torch.rand(1, 3, 16, 24), torch.ones(1, 1, 16, 24)
        >>> moved, smooth = target.roll(3, dims=2), target.mean(dim=(2, 3), keepdim=True)
        >>> spectral_magnitude_loss(moved, target, mask).item() < 1e-6
        True
        >>> spectral_magnitude_loss(smooth.expand_as(target), target, mask).item() > 0.1
        True

    Source:
        lamakit's. :func:`focal_frequency_loss` compares the phases, too, so that a smooth
        prediction is the best one there as well.
    """
    check_same_shape("prediction", prediction, "target", target)
    check_image_and_mask(target, mask, image_name="target")
    mask = at_least_float32(mask)
    spectra = (
        torch.fft.rfft2(at_least_float32(x) * mask, norm="ortho") for x in (prediction, target)
    )
    return F.l1_loss(*(spectrum.abs() for spectrum in spectra))


class SpectralMagnitudeLoss(nn.Module):
    """The mean absolute difference of the magnitudes of two spectra.

    Called with prediction, target and mask it returns :func:`spectral_magnitude_loss`.

    Shape:
        As :func:`spectral_magnitude_loss`.

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(2, 3, 32, 48), torch.ones(2, 1, 32, 48)
        >>> SpectralMagnitudeLoss()(image, image, mask)
        tensor(0.)

    Source:
        As :func:`spectral_magnitude_loss`.
    """

    @override
    def forward(self, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        return spectral_magnitude_loss(prediction, target, mask)
