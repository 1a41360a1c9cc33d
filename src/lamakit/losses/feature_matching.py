"""The feature matching loss: the distance between feature maps of a discriminator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_batch, check_feature_map, check_one_of, check_same_shape
from lamakit._dtypes import at_least_float32
from lamakit.losses.layer_weights import check_layer_weights
from lamakit.losses.loss_module import LossModule
from lamakit.losses.nested_tensors import NestedTensors
from lamakit.losses.reduction import REDUCTIONS, Reduction, compare_layers

Distance = Literal["mse", "l1"]


def feature_matching_loss(
    prediction_features: NestedTensors,
    target_features: NestedTensors,
    mask: Tensor | None = None,
    *,
    distance: Distance = "mse",
    layer_reduction: Reduction = "mean",
    layer_weights: Sequence[float] | None = None,
) -> Tensor:
    """Return the mean difference between two lists of feature maps, averaged over the maps.

    Args:
        prediction_features: feature maps of the generated image: a tensor, a list of them, or a
            list of lists, such as one for each scale of a discriminator.
        target_features: those of the true image, in the same order; no gradient reaches them.
        mask: 1 where a pixel is missing. If given, each difference is multiplied by 1 - mask,
            resized bilinearly to the feature map, so that missing pixels do not count. The mean is
            still taken over all entries.
        distance: ``"mse"`` for the squared difference, ``"l1"`` for the absolute one.
        layer_reduction: whether the maps' distances are averaged or added up.
        layer_weights: a factor per map, from 0 up; None for 1. The mean divides by the number of
            maps, not by the sum of their factors.

    Shape:
        - prediction_features, target_features: (B, C, h, w) each, of any sizes; without a mask
          any shape
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the lists, their shapes or the weights do not fit.
        TypeError: if the mask or a map is not a floating-point tensor.

    Example:
        >>> import torch
        >>> target = [torch.zeros(1, 8, 16, 16), torch.zeros(1, 16, 8, 8)]
        >>> prediction = [torch.ones(1, 8, 16, 16), torch.zeros(1, 16, 8, 8)]
        >>> feature_matching_loss(prediction, target)
        tensor(0.5000)

    Source:
        Wang et al., "High-Resolution Image Synthesis ... with Conditional GANs" (CVPR 2018), eq. 4,
        an absolute difference summed over the maps; LaMa, sec. 2.2.3, which prints no formula:
        squares, the mean over the maps and the mask are its released code's; GLaMa, sec. 3.3
        (absolute difference).
    """
    check_one_of("distance", distance, ("mse", "l1"))
    known = None
    if mask is not None:
        check_feature_map("mask", mask, 1)
        known = 1 - at_least_float32(mask)

    def layer_distance(number: int, prediction: Tensor, target: Tensor) -> Tensor:
        name = f"prediction_features[{number}]"
        check_same_shape(name, prediction, f"target_features[{number}]", target)
        difference = at_least_float32(prediction) - at_least_float32(target.detach())
        error = difference.square() if distance == "mse" else difference.abs()
        if known is not None:
            check_feature_map(name, prediction)
            check_batch("mask", known, name, prediction)
            size = (prediction.shape[2], prediction.shape[3])
            error = error * F.interpolate(known, size, mode="bilinear", align_corners=False)
        return error.mean()

    return compare_layers(
        layer_distance, prediction_features, target_features, layer_reduction, layer_weights
    )


class FeatureMatchingLoss(LossModule):
    """The mean difference between a discriminator's feature maps of two images.

    Called with both lists of feature maps, and a mask if only known pixels are to count, it returns
    :func:`feature_matching_loss`.

    Args:
        distance: ``"mse"`` for the squared difference as in LaMa's released code, ``"l1"`` for the
            absolute one as in GLaMa.
        layer_reduction: whether the maps' distances are averaged or added up.
        layer_weights: a factor per map, from 0 up; None for 1.

    Shape:
        As :func:`feature_matching_loss`.

    Raises:
        ValueError: if an argument is out of range, or the lists or shapes do not fit.
        TypeError: if the mask or a map is not a floating-point tensor.

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

    def __init__(
        self,
        *,
        distance: Distance = "mse",
        layer_reduction: Reduction = "mean",
        layer_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        check_one_of("distance", distance, ("mse", "l1"))
        self.distance: Distance = distance
        check_one_of("layer_reduction", layer_reduction, REDUCTIONS)
        self.layer_reduction: Reduction = layer_reduction
        self.layer_weights = check_layer_weights(layer_weights)

    @override
    def forward(
        self,
        prediction_features: NestedTensors,
        target_features: NestedTensors,
        mask: Tensor | None = None,
    ) -> Tensor:
        return feature_matching_loss(
            prediction_features,
            target_features,
            mask,
            distance=self.distance,
            layer_reduction=self.layer_reduction,
            layer_weights=self.layer_weights,
        )
