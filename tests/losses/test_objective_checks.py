"""What an objective says when it is built from the wrong things."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from lamakit.losses import (
    GlamaObjective,
    GlamaWeights,
    HingeLoss,
    LamaObjective,
    LamaWeights,
    PerceptualLoss,
)
from tests.contract.losses import extractor
from tests.losses.inputs import batch, discriminator


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"weights": {"perceptual": 0.03}},
            r"got \{'perceptual': 0.03\} of type dict: give LamaWeights\(\*\*weights\)",
        ),
        (
            {"weights": {"perceptul": 0.03}},
            r"give a LamaWeights; its terms are l1_known, .* perceptual, r1, not 'perceptul'",
        ),
        ({"weights": None}, r"got None of type NoneType: give LamaWeights\(adversarial=10\)"),
        (
            {"adversarial": "hinge"},
            r"adversarial must be .* HingeLoss\(\) or LeastSquaresLoss\(\), got 'hinge' of type str",
        ),
        ({"adversarial": HingeLoss}, "got the class HingeLoss instead of an instance"),
        ({"adversarial": nn.BCEWithLogitsLoss()}, "adversarial must be .* a BCEWithLogitsLoss"),
        (
            {"perceptual": "encoder.pth"},
            r"such as PerceptualLoss\(vgg19_features\(path\)\); got 'encoder.pth' of type str",
        ),
        ({"perceptual": PerceptualLoss}, "got the class PerceptualLoss instead of an instance"),
        ({"perceptual": extractor()}, r"got a feature extractor: give PerceptualLoss\(extractor\)"),
        (
            {"discriminator": "patch"},
            r"discriminator must be .* PatchDiscriminator\(\); got 'patch'",
        ),
        ({"discriminator": nn.Conv2d}, "discriminator must be .* got the class Conv2d instead"),
    ],
)
def test_parts_of_the_wrong_type(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        LamaObjective(**{"discriminator": discriminator(), **settings})


def test_glamas_own_parts() -> None:
    with pytest.raises(TypeError, match=r"must be a GlamaWeights, got LamaWeights\(l1_known="):
        GlamaObjective(discriminator(), weights=LamaWeights())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"such as FocalFrequencyLoss\(\); got 1 of type int"):
        GlamaObjective(discriminator(), focal_frequency=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"such as TotalVariationLoss\(\); got 1 of type int"):
        GlamaObjective(discriminator(), total_variation=1)  # type: ignore[arg-type]
    assert GlamaObjective(discriminator(), weights=GlamaWeights.balanced()).weights.r1 == 0.001


def test_ones_own_adversarial_loss_needs_no_base() -> None:
    class Mean:
        def generator_loss(self, fake: torch.Tensor, _: object = None) -> torch.Tensor:
            return fake.mean()

        def discriminator_loss(self, *logits: torch.Tensor) -> torch.Tensor:
            return logits[0].mean() - logits[1].mean()

    objective = LamaObjective(discriminator(), adversarial=Mean())  # type: ignore[arg-type]
    assert objective.generator_loss(*batch()).total.isfinite()


def test_a_term_that_is_no_scalar() -> None:
    objective = LamaObjective(discriminator(), perceptual=lambda p, t: (p - t).square())
    with pytest.raises(ValueError, match=r"the perceptual loss must be a scalar, got shape \(4, 3"):
        objective.generator_loss(*batch())
