"""The base of losses that compare an extractor's feature maps of two images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from lamakit._checks import check_one_of
from lamakit._value_range import warn_outside_unit_range
from lamakit.backbones import FeatureExtractor
from lamakit.backbones.extractor import feature_list
from lamakit.losses.layer_weights import LayerWeights, check_named_weights
from lamakit.losses.loss_module import LossModule
from lamakit.losses.reduction import REDUCTIONS, Reduction


class ExtractorLoss(LossModule):
    """A module that holds an extractor, and how the distances of its layers are combined."""

    def __init__(
        self,
        extractor: FeatureExtractor,
        *,
        layer_reduction: Reduction = "sum",
        layer_weights: LayerWeights | None = None,
    ) -> None:
        super().__init__()
        _check_extractor(extractor)
        check_one_of("layer_reduction", layer_reduction, REDUCTIONS)
        self.extractor = extractor
        self.layer_reduction: Reduction = layer_reduction
        names = getattr(extractor, "layer_names", None)
        self.layer_weights = check_named_weights(layer_weights, names)


class FeaturePair(NamedTuple):
    """The feature maps of two images, and the names of the maps if they have any."""

    prediction: list[Tensor]
    target: list[Tensor]
    layer_names: list[str] | None


def extract_pair(extractor: FeatureExtractor, prediction: Tensor, target: Tensor) -> FeaturePair:
    """Return the feature maps of both images; those of the target without gradient."""
    _check_extractor(extractor)
    warn_outside_unit_range("target", target)  # a prediction may be anywhere while it is trained
    with torch.no_grad():
        features = extractor(target)
    names = features if isinstance(features, Mapping) else getattr(extractor, "layer_names", None)
    return FeaturePair(
        feature_list(extractor(prediction)),
        feature_list(features),
        None if names is None else list(names),
    )


def _check_extractor(extractor: object) -> None:
    if isinstance(extractor, type) or not callable(extractor):
        came = f"the class {extractor.__name__}" if isinstance(extractor, type) else None
        raise TypeError(
            "extractor must be a callable from an image to a list of feature maps, such as "
            f"lamakit.backbones.vgg19_features(weights); got {came or type(extractor).__name__}"
        )
