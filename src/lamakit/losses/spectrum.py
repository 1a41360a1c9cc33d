"""The spectrum constraint: a texture repeats as its exemplar does."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_feature_map, check_same_shape
from lamakit._dtypes import at_least_float32

__all__ = ["SpectrumLoss", "spectrum_loss"]


def spectrum_loss(prediction: Tensor, exemplar: Tensor) -> Tensor:
    """The mean squared distance of an image to the nearest one with the exemplar's spectrum.

    An image has the exemplar's spectrum if its Fourier transform differs by one phase a frequency,
    the same in all channels: the exemplar shifted, for one. So periods and colours are held, places
    are free.

    Args:
        prediction: the image.
        exemplar: the texture whose periods it shall have; no gradient reaches it.

    Shape:
        - prediction, exemplar: (B, C, H, W)
        - Output: a scalar from 0 up, at most the mean squared difference of the two

    Raises:
        ValueError: if the shapes do not fit.
        TypeError: if an image is not a floating-point tensor.

    Example:
        >>> import torch
        >>> texture = torch.rand(1, 3, 16, 24)
        >>> spectrum_loss(texture.roll((3, 5), dims=(2, 3)), texture).item() < 1e-10
        True

    Source:
        Liu et al., "Texture Synthesis through Convolutional Neural Networks and Spectrum
        Constraints" (ICPR 2016). Differences: the mean takes the place of half the sum,
        and the transform is orthonormal. The report "Improving resolution-robust Large Mask
        Inpainting with Fourier Convolutions" (Srir et al., 2023), sec. 3.2, takes it up.
    """
    check_same_shape("prediction", prediction, "exemplar", exemplar)
    check_feature_map("prediction", prediction)
    prediction, exemplar = at_least_float32(prediction), at_least_float32(exemplar.detach())
    return (prediction - _project(prediction.detach(), exemplar)).square().mean()


class SpectrumLoss(nn.Module):
    """The mean squared distance of an image to the nearest one with the exemplar's spectrum.

    Called with prediction and exemplar it returns what :func:`spectrum_loss` does.

    Shape:
        - prediction, exemplar: (B, C, H, W)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the shapes do not fit.
        TypeError: if an image is not a floating-point tensor.

    Example:
        >>> import torch
        >>> SpectrumLoss()(torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.5))
        tensor(0.2500)

    Source:
        As :func:`spectrum_loss`.
    """

    @override
    def forward(self, prediction: Tensor, exemplar: Tensor) -> Tensor:
        return spectrum_loss(prediction, exemplar)


def _project(image: Tensor, exemplar: Tensor) -> Tensor:
    """The image nearest to ``image`` that has the exemplar's spectrum.

    The gradient of the squared distance to a set needs no gradient of the nearest point.
    """
    spectra = [torch.fft.rfft2(x, norm="ortho") for x in (image, exemplar)]
    product = (spectra[0] * spectra[1].conj()).sum(dim=1, keepdim=True)
    # Where the product is 0 every phase is as near: torch.sgn gives 0 there, and 1 takes its place.
    phase = torch.where(product == 0, torch.ones_like(product), torch.sgn(product))
    nearest: Tensor = torch.fft.irfft2(spectra[1] * phase, s=image.shape[2:], norm="ortho")
    return nearest
