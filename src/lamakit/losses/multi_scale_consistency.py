"""The multi-scale consistency loss: predictions for one image at two sizes should agree."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_feature_map, check_image_and_mask
from lamakit._dtypes import at_least_float32
from lamakit.images.resizing import resize
from lamakit.losses.reduction import masked_mean


def multi_scale_consistency_loss(
    fine: Tensor, coarse: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Return the mean squared difference between a downsampled prediction and a coarser one.

    Gradients reach both predictions. A network that was trained on small images fills small images
    better: detach ``coarse``, so that only ``fine`` is changed.

    Args:
        fine: the prediction for the image.
        coarse: the prediction for the same image, downsampled.
        mask: 1 where a pixel is missing, at the size of ``fine``. If given, only missing pixels
            count; where the mask is downsampled to a value in between, that is the pixel's weight.

    Shape:
        - fine: (B, C, H, W)
        - coarse: (B, C, h, w) with h <= H and w <= W
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up; 0 for an empty mask

    Raises:
        ValueError: if the shapes do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> coarse = torch.full((1, 3, 8, 8), 0.5)
        >>> multi_scale_consistency_loss(torch.ones(1, 3, 32, 32), coarse)
        tensor(0.2500)

    Source:
        The report "Improving resolution-robust Large Mask Inpainting with Fourier Convolutions"
        (Srir et al., 2023), sec. 6.3: "a weighted difference in the Euclidean norm". Differences:
        the mean square takes the norm's place, and the weight is the caller's. Choices made here:
        the coarser size, bilinear with antialiasing, and the mask.
    """
    check_feature_map("fine", fine)
    check_feature_map("coarse", coarse)
    if fine.shape[:2] != coarse.shape[:2]:
        raise ValueError(
            "fine and coarse must have one batch size and as many channels, got "
            f"{tuple(fine.shape)} and {tuple(coarse.shape)}"
        )
    if fine.shape[2] < coarse.shape[2] or fine.shape[3] < coarse.shape[3]:
        raise ValueError(
            f"fine is {fine.shape[2]}x{fine.shape[3]}, smaller than coarse, "
            f"{coarse.shape[2]}x{coarse.shape[3]}: give the larger prediction first"
        )
    size = (coarse.shape[2], coarse.shape[3])
    error = (resize(fine, size) - at_least_float32(coarse)).square()
    if mask is None:
        return error.mean()
    check_image_and_mask(fine, mask, image_name="fine")
    return masked_mean(error, resize(mask, size))


class MultiScaleConsistencyLoss(nn.Module):
    """The mean squared difference between two predictions for one image at two sizes.

    Called with the finer and the coarser prediction, and a mask if only missing pixels are to
    count, it returns :func:`multi_scale_consistency_loss`.

    Shape:
        As :func:`multi_scale_consistency_loss`.

    Raises:
        ValueError: if the shapes do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> fine, coarse = torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 8, 8)
        >>> MultiScaleConsistencyLoss()(fine, coarse, torch.ones(1, 1, 16, 16))
        tensor(0.)

    Source:
        As :func:`multi_scale_consistency_loss`.
    """

    @override
    def forward(self, fine: Tensor, coarse: Tensor, mask: Tensor | None = None) -> Tensor:
        return multi_scale_consistency_loss(fine, coarse, mask)
