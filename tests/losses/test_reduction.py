"""Means over regions, and the mean and the sum over layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from torch import Tensor

from lamakit.losses import feature_matching_loss, gram_loss, masked_mean
from lamakit.losses.reduction import compare_layers
from tests.losses.inputs import rand, seeds, sides

ONE_MAP = [torch.zeros(1, 2, 4, 4)]
LAYER_LOSSES: list[Callable[..., Tensor]] = [feature_matching_loss, gram_loss]


@given(height=sides, width=sides, seed=seeds)
def test_masked_mean_is_the_mean_of_the_region(height: int, width: int, seed: int) -> None:
    values = rand(2, 3, height, width, seed=seed)
    mask = (rand(2, 1, height, width, seed=seed + 1) < 0.5).double()
    region = values[mask.expand_as(values) > 0]
    expected = region.mean() if len(region) else torch.zeros((), dtype=torch.float64)
    torch.testing.assert_close(masked_mean(values, mask), expected)


def test_an_empty_region_has_zero_gradient() -> None:
    values = rand(1, 3, 4, 4).requires_grad_()
    loss = masked_mean(values, torch.zeros(1, 1, 4, 4))
    loss.backward()
    assert loss == 0
    assert values.grad is not None
    assert not values.grad.any()


def test_layers_are_weighted_and_averaged_or_added() -> None:
    def first_value(number: int, prediction: Tensor, target: Tensor) -> Tensor:
        assert prediction[0] - target[0] == number + 1
        return prediction[0]

    predictions = [torch.tensor([2.0]), torch.tensor([5.0])]
    targets = [torch.tensor([1.0]), torch.tensor([3.0])]
    assert compare_layers(first_value, predictions, targets, "mean", None) == 3.5
    assert compare_layers(first_value, predictions, targets, "sum", (3, 0.5)) == 8.5


@pytest.mark.parametrize("loss", LAYER_LOSSES)
def test_no_gradient_reaches_the_targets_features(loss: Callable[..., Tensor]) -> None:
    target = rand(1, 3, 8, 8).requires_grad_()
    prediction = rand(1, 3, 8, 8, seed=1).requires_grad_()
    loss([prediction], [target * 2]).backward()
    assert target.grad is None
    assert prediction.grad is not None
    assert prediction.grad.any()


@pytest.mark.parametrize("loss", LAYER_LOSSES)
class TestErrorsOfLayerLosses:
    def test_numbers_of_maps(self, loss: Callable[..., Tensor]) -> None:
        with pytest.raises(ValueError, match="_features must be as many, got 1 and 2"):
            loss(ONE_MAP, ONE_MAP * 2)
        with pytest.raises(ValueError, match="no feature maps to compare"):
            loss([], [])

    def test_layer_reduction(self, loss: Callable[..., Tensor]) -> None:
        with pytest.raises(ValueError, match="layer_reduction must be one of mean, sum; got 'max'"):
            loss(ONE_MAP, ONE_MAP, layer_reduction="max")

    def test_layer_weights(self, loss: Callable[..., Tensor]) -> None:
        with pytest.raises(ValueError, match="has 2 entries, but there are 1 feature maps"):
            loss(ONE_MAP, ONE_MAP, layer_weights=(1, 2))
        with pytest.raises(ValueError, match=r"layer_weights\[0\] must be finite and at least 0"):
            loss(ONE_MAP, ONE_MAP, layer_weights=(-1,))


@pytest.mark.parametrize(
    "weights", [[2, 0.5], torch.tensor([2, 0.5]), np.array([2, 0.5])], ids=type
)
def test_weights_in_any_sequence(weights: Sequence[float]) -> None:
    maps = [rand(1, 2, 4, 4, seed=seed) for seed in range(4)]
    found = feature_matching_loss(maps[:2], maps[2:], layer_weights=weights)
    first, second = (feature_matching_loss([maps[n]], [maps[n + 2]]) for n in range(2))
    torch.testing.assert_close(found, (2 * first + 0.5 * second) / 2)


@pytest.mark.parametrize("loss", LAYER_LOSSES)
@pytest.mark.parametrize("wrong", [None, np.zeros((1, 2, 4, 4))], ids=["None", "array"])
def test_what_is_no_feature_map(loss: Callable[..., Tensor], wrong: object) -> None:
    with pytest.raises(TypeError, match=r"target_features\[0\] must be a torch.Tensor or"):
        loss(ONE_MAP, [wrong])
    with pytest.raises(TypeError, match=r"prediction_features\[0\] must be a torch.Tensor or"):
        loss([wrong], ONE_MAP)
