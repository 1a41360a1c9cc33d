"""Arguments in another order, as far as shapes and gradients tell."""

from __future__ import annotations

import pytest
import torch

from lamakit.losses import (
    LamaObjective,
    boundary_gradient_loss,
    masked_l1_loss,
    masked_mean,
    r1_penalty,
)
from tests.losses.inputs import batch, discriminator

STEPS = ["generator_loss", "discriminator_loss"]


@pytest.mark.parametrize("step", STEPS)
def test_target_and_mask(step: str) -> None:
    prediction, target, mask = batch()
    message = (
        r"target has shape \(4, 1, 24, 20\) and mask \(4, 3, .* order is prediction, target, m"
    )
    with pytest.raises(ValueError, match=message):
        getattr(LamaObjective(discriminator()), step)(prediction, mask, target)
    with pytest.raises(ValueError, match=message):
        masked_l1_loss(prediction, mask, target)


def test_the_mask_first() -> None:
    prediction, target, mask = batch()
    with pytest.raises(ValueError, match=r"prediction has shape \(4, 1, .* seem to be swapped"):
        masked_l1_loss(mask, prediction, target)
    with pytest.raises(ValueError, match="swapped; the order is prediction, mask"):
        boundary_gradient_loss(mask, prediction)


def test_grey_images_are_no_masks() -> None:
    prediction, target, mask = (x[:, :1] for x in batch())
    assert masked_l1_loss(prediction, target, mask) > 0


def test_prediction_and_target() -> None:
    prediction, target, mask = batch()
    objective = LamaObjective(discriminator())
    with pytest.raises(ValueError, match="target requires a gradient and prediction does not: "):
        objective.generator_loss(target, prediction, mask)
    with torch.no_grad():  # nothing tells here
        objective.generator_loss(target, prediction, mask)
    objective.generator_loss(target, target, mask)


def test_logits_and_images() -> None:
    images = torch.rand(1, 3, 8, 8, requires_grad=True)
    with pytest.raises(ValueError, match="they do not depend on it; the logits come first"):
        r1_penalty(images, 2 * images)


def test_values_and_weight() -> None:
    with pytest.raises(
        ValueError, match=r"weight must broadcast .* \(1, 1, 2, 2\), got \(1, 3, 2,"
    ):
        masked_mean(torch.zeros(1, 1, 2, 2), torch.zeros(1, 3, 2, 2))
    with pytest.raises(ValueError, match="the values come first"):
        masked_mean(torch.zeros(2, 2), torch.zeros(1, 2, 2))
    assert masked_mean(torch.ones(2, 3, 4), torch.ones(3, 1)) == 1
