"""The distance of two images as a fixed network sees them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_same_shape
from lamakit.backbones import FeatureExtractor
from lamakit.backbones.extractor import feature_list
from lamakit.losses.feature_matching import feature_matching_loss
from lamakit.losses.reduction import Reduction, check_layer_weights

__all__ = ["PerceptualLoss", "perceptual_loss"]


def perceptual_loss(
    extractor: FeatureExtractor,
    prediction: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    *,
    layer_reduction: Reduction = "sum",
    layer_weights: Sequence[float] | None = None,
) -> Tensor:
    """The mean squared difference of an extractor's feature maps, added up over the maps.

    Args:
        extractor: turns an image into feature maps, and normalises it as it wants; see
            :class:`~lamakit.backbones.FeatureExtractor`.
        prediction: the network's output, values in [0, 1].
        target: the true image; its features are computed without gradient.
        mask: if given, features count as far as the pixels under them are known.
        layer_reduction: ``"sum"`` of the maps' distances as in LaMa's released code, which the
            published weight of 30 belongs to, or their ``"mean"`` as in its eq. 1.
        layer_weights: a factor a map, from 0 up; None for 1. The mean divides by the number of
            maps, not by the sum of their factors.

    Shape:
        - prediction, target: (B, 3, H, W)
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the shapes or the number of weights do not fit.
        TypeError: if an image is not a floating-point tensor.

    Example:
        >>> import torch
        >>> def edges(image):
        ...     return [image[..., 1:] - image[..., :-1], image[..., 1:, :] - image[..., :-1, :]]
        >>> image = torch.rand(1, 3, 8, 8)
        >>> perceptual_loss(edges, image + 0.5, image).item() < 1e-12
        True

    Source:
        LaMa, eq. 1; Johnson et al., "Perceptual Losses for Real-Time Style Transfer and
        Super-Resolution" (ECCV 2016).
    """
    check_same_shape("prediction", prediction, "target", target)
    with torch.no_grad():
        real_features = feature_list(extractor(target))
    return feature_matching_loss(
        feature_list(extractor(prediction)),
        real_features,
        mask,
        layer_reduction=layer_reduction,
        layer_weights=layer_weights,
    )


class PerceptualLoss(nn.Module):
    """The mean squared difference of an extractor's feature maps of two images.

    Called with prediction and target, and a mask if known pixels only shall count, it returns what
    :func:`perceptual_loss` does. LaMa's Table 3 compares four networks, each with a weight in the
    objective that was searched for it:

    ====================================  =================  ======
    extractor                             its weights        weight
    ====================================  =================  ======
    ``dilated_resnet50`` (LaMa's choice)  ADE20K's encoder       30
    ``dilated_resnet50``                  ImageNet, CSAIL's       1
    ``deep_stem_resnet50``                ImageNet, CSAIL's     0.3
    ``vgg19_features``                    ImageNet             0.03
    ====================================  =================  ======

    Args:
        extractor: any callable from an image to feature maps. A module is registered, and moves
            with ``to``; wrap one in :class:`~lamakit.backbones.FrozenExtractor`, as those of
            :mod:`lamakit.backbones` are, and it stays frozen and in eval mode.
        layer_reduction: as in :func:`perceptual_loss`.
        layer_weights: a factor a map, from 0 up; None for 1.

    Shape:
        - prediction, target: (B, 3, H, W)
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if an argument is out of range, or the shapes do not fit.
        TypeError: if the extractor is not callable, or an image not a floating-point tensor.

    Example:
        >>> import torch
        >>> from lamakit.backbones import vgg19_features
        >>> loss = PerceptualLoss(vgg19_features(layers=("relu1_2", "relu2_2")))
        >>> image = torch.rand(1, 3, 32, 32)
        >>> loss(image, image).item()
        0.0

    Source:
        LaMa, sec. 2.2.1; Table 3, whose networks and weights are those of the released
        configurations.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        *,
        layer_reduction: Reduction = "sum",
        layer_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        check_extractor(extractor)
        self.extractor = extractor
        self.layer_weights = check_layer_weights(layer_reduction, layer_weights)
        self.layer_reduction: Reduction = layer_reduction

    @override
    def extra_repr(self) -> str:
        return f"layer_reduction={self.layer_reduction!r}, layer_weights={self.layer_weights}"

    @override
    def forward(self, prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        return perceptual_loss(
            self.extractor,
            prediction,
            target,
            mask,
            layer_reduction=self.layer_reduction,
            layer_weights=self.layer_weights,
        )


def check_extractor(extractor: FeatureExtractor) -> None:
    """Raise unless it can be called."""
    if not callable(extractor):
        raise TypeError(
            "extractor must be a callable from an image to a list of feature maps, such as "
            f"lamakit.backbones.vgg19_features(weights); got {type(extractor).__name__}"
        )
