"""What an objective returns: the terms and their sum, whatever is left out."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from lamakit.losses import (
    FocalFrequencyLoss,
    GlamaObjective,
    GlamaWeights,
    LamaObjective,
    NonSaturatingLoss,
    PerceptualLoss,
    TotalVariationLoss,
    feature_matching_loss,
    masked_l1_loss,
    r1_penalty,
)
from tests.contract.losses import extractor
from tests.losses.inputs import batch, discriminator


def test_terms_are_what_the_losses_say() -> None:
    model = discriminator().eval()
    perceptual = PerceptualLoss(extractor(), layer_reduction="sum")
    prediction, target, mask = batch()
    fake, real = model(prediction), model(target)
    lama, losses = LamaObjective(model, perceptual=perceptual), NonSaturatingLoss()
    expected = {
        "l1": masked_l1_loss(prediction, target, mask),
        "adversarial": 10 * losses.generator_loss(fake.logits),
        "feature_matching": 100 * feature_matching_loss(fake.features, real.features),
        "perceptual": 30 * perceptual(prediction, target),
    }
    assert_terms(lama.generator_loss(prediction, target, mask), expected)

    glama = GlamaObjective(model, perceptual=perceptual)
    l1_features = feature_matching_loss(fake.features, real.features, distance="l1")
    expected |= {
        "feature_matching": 30 * l1_features,
        "perceptual": 100 * perceptual(prediction, target),
        "focal_frequency": FocalFrequencyLoss()(prediction, target),
        "total_variation": TotalVariationLoss()(prediction),
    }
    assert_terms(glama.generator_loss(prediction, target, mask), expected)

    seen = target.clone().requires_grad_()
    expected = {
        "discriminator": losses.discriminator_loss(real.logits, fake.logits, mask),
        "r1": 0.001 * r1_penalty(model(seen).logits, seen),
    }
    for objective in (lama, glama):
        assert_terms(objective.discriminator_loss(prediction, target, mask), expected)


def assert_terms(found: tuple[Tensor, dict[str, Tensor]], expected: dict[str, Tensor]) -> None:
    total, terms = found
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value.detach())
        assert terms[name].shape == ()
        assert not terms[name].requires_grad
    torch.testing.assert_close(total.detach(), torch.stack(list(terms.values())).sum())
    assert total.requires_grad


def test_weights_of_zero_leave_no_term() -> None:
    off = GlamaWeights(
        l1_known=0,
        adversarial=0,
        feature_matching=0,
        perceptual=0,
        focal_frequency=0,
        total_variation=0,
        r1=0,
    )
    objective = GlamaObjective(discriminator(), perceptual=PerceptualLoss(extractor()), weights=off)
    assert objective.generator_loss(*batch()).terms == {}
    assert objective.generator_loss(*batch()).total == 0
    assert objective.discriminator_loss(*batch()).terms.keys() == {"discriminator"}
    only_missing = replace(off, l1_missing=1)
    assert GlamaObjective(discriminator(), weights=only_missing).generator_loss(
        *batch()
    ).terms.keys() == {"l1"}


def test_validation_without_gradients() -> None:
    objective = LamaObjective(discriminator().eval())
    with torch.no_grad():
        terms = objective.discriminator_loss(*batch()).terms
        assert not objective.generator_loss(*batch()).total.requires_grad
    assert terms.keys() == {"discriminator"}
