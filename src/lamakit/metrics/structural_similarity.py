"""Structural similarity of images (SSIM)."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._similarity import blur, similarity_map
from lamakit.metrics.region_means import check_metric_inputs, mean_inside, zero_outside


def ssim(prediction: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """Return the mean structural similarity of each image over the region and the channels.

    1 is best, -1 the smallest value. An image whose region is empty has the value NaN. Means,
    variances and covariance are taken under an 11x11 Gaussian window of sigma 1.5. Pixels of the
    image outside the region are left out, and the other weights scaled up to make up for them.
    Beyond the border of the image, zeros count as pixels: with the whole image as the region, this
    is the SSIM of LaMa's evaluation.

    Args:
        prediction: the filled images, values in [0, 1].
        target: the true images, values in [0, 1].
        region: as in :func:`l1`.

    Shape:
        - prediction, target: (B, C, H, W), of any size: the window may be larger than the image
        - region: (B, 1, H, W)
        - Output: (B,), in float32, or in float64 if the images are

    Raises:
        ValueError: as :func:`l1`.
        TypeError: as :func:`l1`.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
        >>> ssim(image, image, mask), bool(ssim(image.flip(3), image, mask) < 0.5)
        (tensor([1.]), True)

    Source:
        Wang et al., "Image Quality Assessment" (IEEE TIP 2004), with their constants 0.01 and 0.03;
        zeros around the image as in LaMa's released evaluation. Restricting it to a region is ours.
    """
    check_metric_inputs(prediction, target, region)
    x, y = zero_outside(prediction, region), zero_outside(target, region)
    # Idea: a blur of an image that is 0 outside the region is a sum over the region's pixels under
    # the window. Divided by the share of the window's weight that lies in the region, it is their
    # mean. Zeros around the image count as pixels, so the share is that of the weight inside the
    # image. Far outside the region the share is 0, but no value from there is kept.
    inside = (region > 0).to(x.dtype)
    share = blur(inside) / blur(torch.ones_like(inside))
    similarity = similarity_map(x, y, share)
    return mean_inside(zero_outside(similarity, region), region)
