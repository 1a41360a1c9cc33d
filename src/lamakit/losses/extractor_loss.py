"""The base of losses that compare an extractor's feature maps of two images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lamakit.backbones import FeatureExtractor
from lamakit.backbones.extractor import feature_list
from lamakit.losses.loss_module import LossModule
from lamakit.losses.reduction import Reduction, check_layer_weights


class ExtractorLoss(LossModule):
    """A module that holds an extractor, and how the distances of its layers are combined."""

    def __init__(
        self,
        extractor: FeatureExtractor,
        *,
        layer_reduction: Reduction = "sum",
        layer_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        if not callable(extractor):
            raise TypeError(
                "extractor must be a callable from an image to a list of feature maps, such as "
                f"lamakit.backbones.vgg19_features(weights); got {type(extractor).__name__}"
            )
        self.extractor = extractor
        self.layer_reduction: Reduction = layer_reduction
        self.layer_weights = check_layer_weights(layer_reduction, layer_weights)


def extract_pair(
    extractor: FeatureExtractor, prediction: Tensor, target: Tensor
) -> tuple[list[Tensor], list[Tensor]]:
    """Return the feature maps of both images; those of the target without gradient."""
    with torch.no_grad():
        target_features = feature_list(extractor(target))
    return feature_list(extractor(prediction)), target_features
