"""The spectrum loss: whether a texture has the periods of an exemplar."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_feature_map, check_same_shape
from lamakit._dtypes import at_least_float32


def spectrum_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared difference to the nearest image with the spectrum of the target.

    An image has the spectrum of the target if, at each frequency, its Fourier transform is that of
    the target times one phase factor, the same for all channels. A shifted target is an example. So
    the loss is 0 for an image with the target's periods and colours, wherever they lie.

    Args:
        prediction: the image.
        target: the exemplar: a texture whose periods the image should have; no gradient reaches it.

    Shape:
        - prediction, target: (B, C, H, W)
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
    check_same_shape("prediction", prediction, "target", target)
    check_feature_map("prediction", prediction)
    prediction, target = at_least_float32(prediction), at_least_float32(target.detach())
    # The gradient of the squared distance to a set needs no gradient of the nearest point.
    return (prediction - _project(prediction.detach(), target)).square().mean()


class SpectrumLoss(nn.Module):
    """The mean squared difference to the nearest image with the spectrum of the target.

    Called with prediction and target it returns :func:`spectrum_loss`.

    Shape:
        As :func:`spectrum_loss`.

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
    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return spectrum_loss(prediction, target)


def _project(image: Tensor, target: Tensor) -> Tensor:
    """Return the image nearest to ``image`` that has the spectrum of the target."""
    spectrum, wanted = (torch.fft.rfft2(x, norm="ortho") for x in (image, target))
    # At each frequency, the phase factor p with the smallest |spectrum - p * wanted| is that of
    # <spectrum, wanted>. If that is 0 all factors are equally near: take 1 (torch.sgn gives 0).
    product = (spectrum * wanted.conj()).sum(dim=1, keepdim=True)
    phase = torch.where(product == 0, torch.ones_like(product), torch.sgn(product))
    nearest: Tensor = torch.fft.irfft2(wanted * phase, s=image.shape[2:], norm="ortho")
    return nearest
