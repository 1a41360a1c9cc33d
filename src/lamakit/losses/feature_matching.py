"""The distance of feature maps, a discriminator's or any other network's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_batch, check_feature_map, check_one_of, check_same_shape
from lamakit._dtypes import at_least_float32
from lamakit.losses.reduction import Reduction, reduce_layers

__all__ = ["Distance", "FeatureMatchingLoss", "feature_matching_loss"]

Distance = Literal["mse", "l1"]


def feature_matching_loss(
    fake_features: Sequence[Tensor],
    real_features: Sequence[Tensor],
    mask: Tensor | None = None,
    *,
    distance: Distance = "mse",
    layer_reduction: Reduction = "mean",
    layer_weights: Sequence[float] | None = None,
) -> Tensor:
    """The mean distance of the entries of two lists of feature maps, averaged over the maps.

    Args:
        fake_features: feature maps of the generated image.
        real_features: those of the true image, in the same order; no gradient reaches them.
        mask: if given, entries are multiplied by what is known of the pixels under them, the mask's
            complement resized bilinearly. The mean is still taken over all entries.
        distance: ``"mse"`` for the squared difference, ``"l1"`` for the absolute one.
        layer_reduction: whether the maps' distances are averaged or added up.
        layer_weights: a factor a map, from 0 up; None for 1. The mean divides by the number of
            maps, not by the sum of their factors.

    Shape:
        - fake_features, real_features: (B, C, h, w) each, of any sizes; any shape without a mask
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the lists, their shapes or the weights do not fit.
        TypeError: if the mask or, with a mask, a map is not a floating-point tensor.

    Example:
        >>> import torch
        >>> real = [torch.zeros(1, 8, 16, 16), torch.zeros(1, 16, 8, 8)]
        >>> fake = [torch.ones(1, 8, 16, 16), torch.zeros(1, 16, 8, 8)]
        >>> feature_matching_loss(fake, real)
        tensor(0.5000)

    Source:
        Wang et al., "High-Resolution Image Synthesis ... with Conditional GANs" (CVPR 2018), eq. 4,
        an absolute difference summed over the maps; LaMa, sec. 2.2.3, which prints no formula:
        squares, the mean over the maps and the mask are its released code's; GLaMa, sec. 3.3
        (absolute difference).
    """
    check_one_of("distance", distance, ("mse", "l1"))
    if len(fake_features) != len(real_features):
        raise ValueError(
            f"fake_features and real_features must be as many, got {len(fake_features)} and "
            f"{len(real_features)}"
        )
    known = None
    if mask is not None:
        check_feature_map("mask", mask, 1)
        known = 1 - at_least_float32(mask)
    distances = [
        _distance(number, fake, real, known, distance)
        for number, (fake, real) in enumerate(zip(fake_features, real_features, strict=True))
    ]
    return reduce_layers(distances, layer_reduction, layer_weights)


class FeatureMatchingLoss(nn.Module):
    """The mean distance of a discriminator's feature maps of a generated and the true image.

    Called with both lists, and a mask if known pixels only shall count, it returns what
    :func:`feature_matching_loss` does.

    Args:
        distance: ``"mse"`` for the squared difference as in LaMa's released code, ``"l1"`` for the
            absolute one as in GLaMa.

    Shape:
        - fake_features, real_features: a list of (B, C, h, w) each
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if ``distance`` is unknown, or the lists or shapes do not fit.

    Example:
        >>> import torch
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> discriminator = PatchDiscriminator(base_channels=8)
        >>> image = torch.rand(1, 3, 64, 64)
        >>> features = discriminator(image).features
        >>> FeatureMatchingLoss()(features, features).item()
        0.0

    Source:
        As :func:`feature_matching_loss`.
    """

    def __init__(self, *, distance: Distance = "mse") -> None:
        super().__init__()
        check_one_of("distance", distance, ("mse", "l1"))
        self.distance: Distance = distance

    @override
    def extra_repr(self) -> str:
        return f"distance={self.distance!r}"

    @override
    def forward(
        self,
        fake_features: Sequence[Tensor],
        real_features: Sequence[Tensor],
        mask: Tensor | None = None,
    ) -> Tensor:
        return feature_matching_loss(fake_features, real_features, mask, distance=self.distance)


def _distance(
    number: int, fake: Tensor, real: Tensor, known: Tensor | None, distance: Distance
) -> Tensor:
    names = f"fake_features[{number}]", f"real_features[{number}]"
    check_same_shape(names[0], fake, names[1], real)
    difference = at_least_float32(fake) - at_least_float32(real.detach())
    error = difference.square() if distance == "mse" else difference.abs()
    if known is not None:
        check_feature_map(names[0], fake)
        check_batch("mask", known, names[0], fake)
        size = (fake.shape[2], fake.shape[3])
        error = error * F.interpolate(known, size, mode="bilinear", align_corners=False)
    return error.mean()
