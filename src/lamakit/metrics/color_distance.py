"""The distance between the distributions of colours of two images."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._checks import check_at_least
from lamakit._dtypes import at_least_float32
from lamakit._wasserstein import sliced_wasserstein_unchecked
from lamakit.metrics.region_means import check_metric_inputs


def color_wasserstein(
    prediction: Tensor, target: Tensor, region: Tensor, *, num_bases: int = 4
) -> Tensor:
    """Return the sliced Wasserstein distance between the colours of each pair of images.

    Only the colours inside the region count, not where they are::

        distance = sqrt(mean over directions d of W2(prediction . d, target . d)^2)

    with W2 the 2-Wasserstein distance. It is 0 where both images have the same colours in any
    order, and at most 1 for values in [0, 1]; NaN for an image whose region is empty. The
    directions d form orthonormal bases of colour space, the same at every call. So if all colours
    are shifted by one vector, the distance is the root mean square of its channels. The pixels are
    picked by the values of the region, which synchronises a GPU.

    Args:
        prediction: values in [0, 1].
        target: what the prediction should be.
        region: 1 where a pixel counts, such as the mask for its hole.
        num_bases: the number of bases of colour space, at least 1. Each has one direction per
            channel; for each direction the pixels are sorted once.

    Shape:
        - prediction, target: (B, C, H, W)
        - region: (B, 1, H, W)
        - Output: (B,), in at least float32

    Raises:
        ValueError: if the shapes or devices do not fit, or ``num_bases`` is below 1.
        TypeError: if one is not a floating-point tensor or ``num_bases`` is not an int.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(1, 3, 8, 8), torch.ones(1, 1, 8, 8)
        >>> color_wasserstein(image.flip(3), image, mask)
        tensor([0.])
        >>> color_wasserstein(image + 0.25, image, mask)
        tensor([0.2500])

    Source:
        Rabin and Peyre, "Wasserstein Regularization of Imaging Problem" (ICIP 2011), sec. 2.
        Differences: the directions are fixed, orthogonal and averaged, and the root is taken, so
        the unit is that of the image.
    """
    check_metric_inputs(prediction, target, region)
    check_at_least("num_bases", num_bases, 1)
    directions = _directions(target.shape[1], num_bases)
    distances = [
        sliced_wasserstein_unchecked(
            at_least_float32(one[:, inside]).T, at_least_float32(other[:, inside]).T, directions
        )
        for one, other, inside in zip(prediction, target, region[:, 0] > 0, strict=True)
    ]
    return torch.stack(distances).sqrt()


def _directions(channels: int, num_bases: int) -> Tensor:
    """Return unit vectors that form orthonormal bases: (num_bases * channels, channels)."""
    with torch.device("cpu"):
        generator = torch.Generator().manual_seed(0)
        shape = (num_bases, channels, channels)
        matrices = torch.randn(shape, generator=generator, dtype=torch.float64)
    bases: Tensor = torch.linalg.qr(matrices).Q
    return bases.flatten(0, 1)
