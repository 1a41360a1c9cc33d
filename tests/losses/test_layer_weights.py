"""Factors of layers by name."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import Tensor

from lamakit.backbones import FrozenExtractor, resnet50, vgg19_features
from lamakit.losses import FeatureMatchingLoss, GramLoss, PerceptualLoss, perceptual_loss
from lamakit.losses.extractor_loss import ExtractorLoss
from tests.contract.losses import SmallExtractor
from tests.losses.inputs import rand

PREDICTION, TARGET = rand(2, 1, 3, 8, 8)


def named(image: Tensor) -> dict[str, Tensor]:
    return {
        "fine": image,
        "coarse": 2 * image[..., ::2, ::2],
        "mean": 3 * image.mean(1, keepdim=True),
    }


@pytest.mark.parametrize("build", [PerceptualLoss, GramLoss])
def test_a_map_that_is_not_named_does_not_count(build: type[ExtractorLoss]) -> None:
    expected = build(named, layer_weights=(0.5, 0, 2))(PREDICTION, TARGET)
    found = build(named, layer_weights={"mean": np.float64(2), "fine": 0.5})
    torch.testing.assert_close(found(PREDICTION, TARGET), expected)
    assert "layer_weights={'mean': 2.0, 'fine': 0.5}" in repr(found)
    for other in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        torch.testing.assert_close(other(PREDICTION, TARGET), expected)


def test_the_functions_take_them_too() -> None:
    expected = perceptual_loss(named, PREDICTION, TARGET, layer_weights=(0, 1, 0))
    found = perceptual_loss(named, PREDICTION, TARGET, layer_weights={"coarse": 1})
    torch.testing.assert_close(found, expected)


def test_published_extractors_name_their_maps() -> None:
    with torch.device("meta"):
        vgg, resnet = vgg19_features(layers=("relu2_1", "relu1_1")), resnet50()
    assert vgg.layer_names == ("relu2_1", "relu1_1")
    assert resnet.layer_names == ("layer1", "layer2", "layer3", "layer4")
    assert PerceptualLoss(vgg, layer_weights={"relu1_1": 1}).layer_weights == {"relu1_1": 1}
    with pytest.raises(ValueError, match=r"names 'relu3_1', but .* returns relu2_1, relu1_1; for"):
        PerceptualLoss(vgg, layer_weights={"relu3_1": 1})


def test_names_of_ones_own_extractor() -> None:
    torch.manual_seed(0)
    extractor = FrozenExtractor(SmallExtractor(), layer_names=["first", "second"])
    images = PREDICTION.float(), TARGET.float()
    found = PerceptualLoss(extractor, layer_weights={"second": 2})(*images)
    torch.testing.assert_close(found, PerceptualLoss(extractor, layer_weights=(0, 2))(*images))
    three = FrozenExtractor(SmallExtractor(), layer_names=("a", "b", "c"))
    with pytest.raises(ValueError, match="layer_weights has 3 entries, but there are 2 feature"):
        PerceptualLoss(three, layer_weights={"a": 1})(*images)


def test_weights_that_do_not_fit() -> None:
    nameless = PerceptualLoss(lambda image: [image], layer_weights={"relu1_1": 1})
    with pytest.raises(ValueError, match=r"maps have none: give a list .* layer_names=\(\.\.\.\)"):
        nameless(PREDICTION, TARGET)
    with pytest.raises(ValueError, match="names 'relu1_1', but the extractor returns fine, coarse"):
        PerceptualLoss(named, layer_weights={"relu1_1": 1})(PREDICTION, TARGET)
    with pytest.raises(ValueError, match=r"layer_weights\['fine'\] must be finite and at least 0"):
        PerceptualLoss(named, layer_weights={"fine": -1})
    with pytest.raises(TypeError, match=r"layer_weights\['fine'\] must be a number, got None"):
        PerceptualLoss(named, layer_weights={"fine": None})  # type: ignore[dict-item]
    with pytest.raises(
        TypeError, match=r"must be a list of numbers, .* PerceptualLoss and GramLoss"
    ):
        FeatureMatchingLoss(layer_weights={"relu1_1": 1})  # type: ignore[arg-type]
