"""Feature matching against its formula."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from lamakit.losses import FeatureMatchingLoss, feature_matching_loss
from tests.losses.inputs import box_mask, rand

PREDICTION = [rand(2, 4, 6, 5), rand(2, 3, seed=1)]
TARGET = [rand(2, 4, 6, 5, seed=2), rand(2, 3, seed=3)]


def test_is_the_mean_over_maps_of_means() -> None:
    means = [F.mse_loss(p, t) for p, t in zip(PREDICTION, TARGET, strict=True)]
    torch.testing.assert_close(feature_matching_loss(PREDICTION, TARGET), sum(means) / 2)
    l1 = [F.l1_loss(p, t) for p, t in zip(PREDICTION, TARGET, strict=True)]
    found = feature_matching_loss(PREDICTION, TARGET, distance="l1")
    torch.testing.assert_close(found, sum(l1) / 2)


def test_layers_are_weighted_and_added() -> None:
    means = [F.mse_loss(p, t) for p, t in zip(PREDICTION, TARGET, strict=True)]
    expected = 2 * means[0] + 0.5 * means[1]
    found = feature_matching_loss(PREDICTION, TARGET, layer_reduction="sum", layer_weights=(2, 0.5))
    torch.testing.assert_close(found, expected)
    module = FeatureMatchingLoss(layer_reduction="sum", layer_weights=[2, 0.5])
    torch.testing.assert_close(module(PREDICTION, TARGET), expected)


def test_a_mask_leaves_known_entries() -> None:
    prediction, target, mask = rand(1, 2, 8, 8), rand(1, 2, 8, 8, seed=1), box_mask()
    expected = ((prediction - target).square() * (1 - mask)).mean()
    torch.testing.assert_close(feature_matching_loss([prediction], [target], mask), expected)
    assert feature_matching_loss([prediction], [target], torch.ones_like(mask)) == 0


def test_maps_of_other_shapes() -> None:
    maps = [torch.zeros(1, 2, 4, 4)]
    with pytest.raises(ValueError, match=r"prediction_features\[0\] and target_features\[0\]"):
        feature_matching_loss(maps, [torch.zeros(1, 2, 4, 5)])


def test_masks_that_do_not_fit_the_maps() -> None:
    mask, vectors = torch.zeros(2, 1, 8, 8), [torch.zeros(2, 3)]
    message = r"prediction_features\[0\] must have shape \(B, C, H, W\)"
    with pytest.raises(ValueError, match=message):
        feature_matching_loss(vectors, vectors, mask)
    maps = [torch.zeros(2, 1, 4, 4)]
    message = r"mask and prediction_features\[0\] must have one batch"
    with pytest.raises(ValueError, match=message):
        FeatureMatchingLoss()(maps, maps, mask[:1])


def test_arguments_of_the_module() -> None:
    with pytest.raises(ValueError, match="distance must be one of mse, l1; got 'l2'"):
        FeatureMatchingLoss(distance="l2")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="layer_reduction must be one of mean, sum"):
        FeatureMatchingLoss(layer_reduction="max")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"layer_weights\[1\] must be finite and at least"):
        FeatureMatchingLoss(layer_weights=(1, -1))
