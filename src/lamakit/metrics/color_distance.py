"""How far two distributions of colours are apart."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._checks import check_at_least
from lamakit._dtypes import at_least_float32
from lamakit.metrics.region_means import check_measured

__all__ = ["color_wasserstein"]


def color_wasserstein(
    prediction: Tensor, target: Tensor, region: Tensor, *, num_bases: int = 4
) -> Tensor:
    """The sliced Wasserstein distance of each image's colours, wherever in the region they are.

    It is the root mean square, over directions in colour space, of the 2-Wasserstein distance of
    the pixels' projections: 0 where the colours agree up to their order, at most 1 for values in
    [0, 1]; NaN for an image whose region is empty. The directions are orthonormal bases, the same
    at every call. So a shift of all colours counts as the root mean square of its channels,
    whichever way it points.

    Args:
        prediction: values in [0, 1].
        target: what the prediction should be.
        region: 1 where a pixel counts: a mask for its hole, or what a region makes of it.
        num_bases: how many bases of colour space, at least 1; each has a direction for each
            channel, and needs a sorted copy of the image for it.

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
    check_measured(prediction, target, region)
    check_at_least("num_bases", num_bases, 1)
    inside = region.flatten(1) > 0
    count = inside.sum(dim=1)
    rank = torch.arange(inside.shape[1], device=inside.device)
    counted = rank < count[:, None]  # what is outside sorts to the end
    total = torch.zeros((), device=inside.device)
    directions = _directions(target.shape[1], num_bases)
    for direction in directions:
        ranked = [_sorted(image, inside, direction) for image in (prediction, target)]
        difference = (ranked[0] - ranked[1]).masked_fill(~counted, 0)
        total = total + difference.square().sum(dim=1)
    return (total / (len(directions) * count)).sqrt()


def _sorted(image: Tensor, inside: Tensor, direction: Tensor) -> Tensor:
    """The pixels' projections in rising order, (B, H * W), infinite for those outside."""
    image = at_least_float32(image).flatten(2)
    # A product and a sum, which autocast leaves in their precision.
    projection = (image * direction.to(image)[:, None]).sum(dim=1)
    ranked: Tensor = projection.masked_fill(~inside, torch.inf).sort(dim=1).values
    return ranked


def _directions(channels: int, num_bases: int) -> Tensor:
    """Unit vectors that form orthonormal bases: (num_bases * channels, channels)."""
    with torch.device("cpu"):
        generator = torch.Generator().manual_seed(0)
        shape = (num_bases, channels, channels)
        matrices = torch.randn(shape, generator=generator, dtype=torch.float64)
    bases: Tensor = torch.linalg.qr(matrices).Q
    return bases.flatten(0, 1)
