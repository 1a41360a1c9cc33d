"""GLaMa's own losses."""

from __future__ import annotations

import torch

from lamakit.losses import GlamaObjective, TotalVariationLoss, feature_matching_loss
from tests.losses.inputs import batch, discriminator


def test_a_loss_of_ones_own() -> None:
    prediction, target, mask = batch()
    summed = TotalVariationLoss(reduction="sum")
    objective = GlamaObjective(discriminator(), total_variation=summed)
    terms = objective.generator_loss(prediction, target, mask).terms
    torch.testing.assert_close(terms["total_variation"], summed(prediction).detach())


def test_features_differ_absolutely() -> None:
    model = discriminator().eval()
    prediction, target, mask = batch()
    expected = feature_matching_loss(
        model(prediction).features, model(target).features, distance="l1"
    )
    found = GlamaObjective(model).generator_loss(prediction, target, mask).terms
    torch.testing.assert_close(found["feature_matching"], 30 * expected.detach())
