"""LaMa's objective from the weights of its perceptual network."""

from __future__ import annotations

import pytest
import torch

from lamakit.backbones import dilated_resnet50
from lamakit.losses import (
    LamaWeights,
    PerceptualLoss,
    lama_objective,
)
from tests.losses.inputs import batch, discriminator


def test_lamas_whole_objective() -> None:
    torch.manual_seed(0)
    published = dilated_resnet50().body.state_dict()
    objective = lama_objective(discriminator(), published, weights=LamaWeights(l1_missing=1))
    assert objective.weights == LamaWeights(l1_missing=1)
    prediction, target, mask = batch()
    terms = objective.generator_loss(prediction, target, mask).terms
    expected = 30 * PerceptualLoss(dilated_resnet50(published), layer_reduction="sum")(
        prediction, target
    )
    torch.testing.assert_close(terms["perceptual"], expected.detach())
    with pytest.raises(TypeError, match=r"perceptual_weights must be a path .* got None; give MIT"):
        lama_objective(discriminator(), None)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError, match=r"encoder_epoch_20.pth"):
        lama_objective(discriminator(), "missing.pth")
