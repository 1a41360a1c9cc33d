"""The SSIM loss: one minus the structural similarity."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_image_and_mask, check_same_shape
from lamakit._dtypes import at_least_float32
from lamakit._similarity import similarity_map
from lamakit.images.compositing import composite_unchecked
from lamakit.losses.reduction import masked_mean


def ssim_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Return one minus the mean structural similarity of the missing pixels.

    Means, variances and covariance are taken under an 11x11 Gaussian window of sigma 1.5, of the
    filled image: the known pixels in the window are those of the target.

    Args:
        prediction: the network's output, values in [0, 1].
        target: the true image, values in [0, 1].
        mask: 1 where a pixel is missing, 0 where it is known.

    Shape:
        - prediction, target: (B, C, H, W)
        - mask: (B, 1, H, W)
        - Output: a scalar from 0, where both are equal, to 2

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)
        >>> ssim_loss(image, image, mask), bool(ssim_loss(image.flip(3), image, mask) > 0.5)
        (tensor(0.), True)

    Source:
        Zhao et al., "Loss Functions for Image Restoration with Neural Networks" (IEEE TCI 2017),
        sec. III, at one scale. :func:`lamakit.metrics.ssim` is the metric; it does not look at
        known pixels.
    """
    check_same_shape("prediction", prediction, "target", target)
    check_image_and_mask(target, mask, image_name="target")
    prediction, target = at_least_float32(prediction), at_least_float32(target)
    filled = composite_unchecked(prediction, target, mask)
    return masked_mean(1 - similarity_map(filled, target), (mask > 0).to(target.dtype))


class SSIMLoss(nn.Module):
    """One minus the mean structural similarity of the missing pixels.

    Called with prediction, target and mask it returns :func:`ssim_loss`.

    Shape:
        As :func:`ssim_loss`.

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(2, 3, 32, 48), torch.ones(2, 1, 32, 48)
        >>> SSIMLoss()(image, image, mask)
        tensor(0.)

    Source:
        As :func:`ssim_loss`.
    """

    @override
    def forward(self, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        return ssim_loss(prediction, target, mask)
