"""The weights of the objectives, and what the balanced ones promise."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import pytest
import torch

from benchmarks.bench_glama_weights import train
from lamakit.losses import (
    GlamaWeights,
    LamaWeights,
)


@pytest.mark.parametrize("weights", [LamaWeights(), GlamaWeights()], ids=["lama", "glama"])
def test_weights_are_frozen_and_checked(weights: LamaWeights) -> None:
    assert weights.l1_known == weights.adversarial == 10
    assert weights.l1_missing == 0
    assert weights.r1 == 0.001
    with pytest.raises(FrozenInstanceError):
        weights.r1 = 1  # type: ignore[misc]
    for field in fields(weights):
        with pytest.raises(ValueError, match=f"{field.name} must be finite and at least 0, got -1"):
            replace(weights, **{field.name: -1})
    with pytest.raises(TypeError, match="r1 must be a number, got None"):
        replace(weights, r1=None)  # type: ignore[arg-type]


def test_the_balanced_weights_change_glamas_own_losses_only() -> None:
    balanced, printed = GlamaWeights.balanced(), GlamaWeights()
    assert (printed.total_variation, printed.focal_frequency) == (1, 1)
    assert (balanced.total_variation, balanced.focal_frequency) == (300, 12)
    assert replace(balanced, total_variation=1, focal_frequency=1) == printed


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:an image of 64x64 pixels is too small for strokes")
def test_balanced_weights_make_both_of_glamas_own_losses_matter() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so that every machine takes about the same way
    try:
        shares = train(GlamaWeights.balanced(), seed=1, steps=200)
    finally:
        torch.set_num_threads(threads)
    assert 0.05 <= shares["total_variation"] <= 0.2
    assert 0.05 <= shares["focal_frequency"] <= 0.2
