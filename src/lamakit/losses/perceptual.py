"""The perceptual loss: the distance between two images in the features of a fixed network."""

from __future__ import annotations

from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_same_shape
from lamakit.backbones import FeatureExtractor
from lamakit.losses.extractor_loss import ExtractorLoss, extract_pair
from lamakit.losses.feature_matching import feature_matching_loss
from lamakit.losses.layer_weights import LayerWeights, weights_in_order
from lamakit.losses.reduction import Reduction


def perceptual_loss(
    extractor: FeatureExtractor,
    prediction: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    *,
    layer_reduction: Reduction = "sum",
    layer_weights: LayerWeights | None = None,
) -> Tensor:
    """Return the mean squared difference of each feature map, added up over the maps.

    Args:
        extractor: a callable from an image to feature maps, which also normalises the image if it
            has to; see :class:`~lamakit.backbones.FeatureExtractor`.
        prediction: the network's output, values in [0, 1].
        target: the true image; its features are computed without gradient.
        mask: 1 where a pixel is missing. If given, each difference is multiplied by 1 - mask,
            resized to the feature map, so that missing pixels do not count.
        layer_reduction: ``"sum"`` adds the maps' distances up as LaMa's released code does, for
            which the published weight of 30 was chosen; ``"mean"`` averages them as LaMa's eq. 1.
        layer_weights: a factor per map, from 0 up; None for 1. A dictionary such as
            ``{"relu1_2": 1, "relu2_2": 0.5}`` gives the factors by name, and 0 to maps that it does
            not name. Extractors of :mod:`lamakit.backbones` name their maps, and so does an
            extractor that returns a dictionary. The mean divides by the number of maps, not by the
            sum of their factors.

    Shape:
        - prediction, target: (B, 3, H, W)
        - mask: (B, 1, H, W)
        - Output: a scalar from 0 up

    Raises:
        ValueError: if the shapes, the number of weights or their names do not fit.
        TypeError: if an image is not a floating-point tensor, or the extractor not callable.

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
    pair = extract_pair(extractor, prediction, target)
    return feature_matching_loss(
        pair.prediction,
        pair.target,
        mask,
        layer_reduction=layer_reduction,
        layer_weights=weights_in_order(layer_weights, pair.layer_names),
    )


class PerceptualLoss(ExtractorLoss):
    """The mean squared difference between a fixed network's feature maps of two images.

    Called with prediction and target, and a mask if only known pixels are to count, it returns
    :func:`perceptual_loss`. LaMa's Table 3 compares four networks, each with a weight in the
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
        extractor: any callable from an image to feature maps. A module becomes a submodule of the
            loss. Those of :mod:`lamakit.backbones` stay frozen and in eval mode; wrap another one
            in :class:`~lamakit.backbones.FrozenExtractor` for that.
        layer_reduction: ``"sum"`` or ``"mean"``, as in :func:`perceptual_loss`.
        layer_weights: a factor per map, from 0 up, or a dictionary of them by name, as in
            :func:`perceptual_loss`; None for 1.

    Shape:
        As :func:`perceptual_loss`.

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
