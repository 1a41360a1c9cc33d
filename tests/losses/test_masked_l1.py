"""The absolute difference with a weight for each region."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.losses import MaskedL1Loss, masked_l1_loss
from tests.losses.inputs import box_mask, rand, seeds


@given(seed=seeds, known=st.floats(0, 20), missing=st.floats(0, 20))
def test_is_the_weighted_mean_of_each_region(seed: int, known: float, missing: float) -> None:
    prediction, target = rand(2, 1, 3, 8, 8, seed=seed)
    error, hole = (prediction - target).abs(), box_mask().expand(1, 3, 8, 8) > 0
    total = known * error[~hole].sum() + missing * error[hole].sum()
    weights: dict[str, Any] = {"weight_known": known, "weight_missing": missing}
    whole = masked_l1_loss(prediction, target, box_mask(), **weights)
    torch.testing.assert_close(whole, total / error.numel())
    regions = masked_l1_loss(prediction, target, box_mask(), per_region=True, **weights)
    torch.testing.assert_close(regions, known * error[~hole].mean() + missing * error[hole].mean())


@pytest.mark.parametrize("name", ["weight_known", "weight_missing"])
def test_a_negative_weight(name: str) -> None:
    prediction, target = rand(2, 1, 3, 8, 8)
    settings: dict[str, Any] = {name: -1}
    with pytest.raises(ValueError, match=f"{name} must be finite and at least 0, got -1"):
        MaskedL1Loss(**settings)
    with pytest.raises(ValueError, match=f"{name} must be finite and at least 0, got -1"):
        masked_l1_loss(prediction, target, box_mask(), **settings)


def test_a_mask_of_another_size() -> None:
    prediction, target = rand(2, 1, 3, 8, 8)
    with pytest.raises(ValueError, match=r"mask must have shape \(1, 1, 8, 8\)"):
        masked_l1_loss(prediction, target, box_mask(8, 9))
