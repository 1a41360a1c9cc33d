"""Losses and the LaMa objective against what published code computed."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor

from lamakit.backbones import dilated_resnet50
from lamakit.checkpoints import load_discriminator
from lamakit.discriminators import PatchDiscriminator
from lamakit.losses import (
    FeatureMatchingLoss,
    FocalFrequencyLoss,
    LamaObjective,
    LamaWeights,
    MaskedL1Loss,
    NonSaturatingLoss,
    PerceptualLoss,
    r1_penalty,
)
from tests.parity.golden import Arrays, load_golden, published_weights

ADVERSARIAL = load_golden("adversarial")
FOCAL = load_golden("focal_frequency")
PERCEPTUAL = load_golden("perceptual_resnet50_dilated")


def tensor(golden: Arrays, name: str) -> Tensor:
    return torch.as_tensor(golden[name])


def assert_close(value: Tensor, golden: Arrays, name: str) -> None:
    """Relative to the largest magnitude of the array, as the golden data's tolerance is."""
    expected = tensor(golden, name)
    error = (value.detach() - expected).abs().max() / expected.abs().max()
    assert error <= 1e-5, f"{name}: {error:.1e}"


def discriminator() -> PatchDiscriminator:
    network = load_golden("discriminator")
    changed = {"seed": ADVERSARIAL["discriminator_seed"], "gain": ADVERSARIAL["gain"]}
    model = load_discriminator(published_weights({**network, **changed}))
    assert isinstance(model, PatchDiscriminator)
    return model


def first_weight(model: PatchDiscriminator) -> Tensor:
    weight: Tensor = next(model.parameters())
    assert weight.shape == ADVERSARIAL["first_layer_weight_grad"].shape
    return weight


REAL, FAKE, MASK = (tensor(ADVERSARIAL, name) for name in ("real", "fake", "mask"))


def test_discriminator_loss() -> None:
    model, loss = discriminator(), NonSaturatingLoss()
    real = REAL.clone().requires_grad_()
    real_logits, fake_logits = model(real).logits, model(FAKE).logits
    r1 = float(ADVERSARIAL["gp_coef"]) * r1_penalty(real_logits, real)
    total = loss.discriminator_loss(real_logits, fake_logits, MASK) + r1
    assert_close(r1, ADVERSARIAL, "r1")
    assert_close(total, ADVERSARIAL, "discriminator_loss")
    (gradient,) = torch.autograd.grad(total, first_weight(model))
    assert_close(gradient, ADVERSARIAL, "first_layer_weight_grad")


def test_generator_loss() -> None:
    fake = FAKE.clone().requires_grad_()
    loss = NonSaturatingLoss().generator_loss(discriminator()(fake).logits, MASK)
    total = float(ADVERSARIAL["weight"]) * loss
    assert_close(total, ADVERSARIAL, "generator_loss")
    (gradient,) = torch.autograd.grad(total, fake)
    assert_close(gradient, ADVERSARIAL, "fake_grad")


def test_feature_matching() -> None:
    model, loss = discriminator(), FeatureMatchingLoss()
    fake, real = model(FAKE).features, model(REAL).features
    assert_close(loss(fake, real), ADVERSARIAL, "feature_matching")
    assert_close(loss(fake, real, MASK), ADVERSARIAL, "feature_matching_masked")


def test_masked_l1() -> None:
    assert_close(MaskedL1Loss()(FAKE, REAL, MASK), ADVERSARIAL, "masked_l1_known10_missing0")
    other = MaskedL1Loss(weight_known=1, weight_missing=6)
    assert_close(other(FAKE, REAL, MASK), ADVERSARIAL, "masked_l1_known1_missing6")


def test_lama_objective() -> None:
    """The whole: terms, their sum, and the gradients of both steps."""
    model = discriminator()
    objective = LamaObjective(model)
    total, terms = objective.discriminator_loss(FAKE, REAL, MASK)
    assert_close(total, ADVERSARIAL, "discriminator_loss")
    assert_close(terms["r1"], ADVERSARIAL, "r1")
    (gradient,) = torch.autograd.grad(total, first_weight(model))
    assert_close(gradient, ADVERSARIAL, "first_layer_weight_grad")

    terms = objective.generator_loss(FAKE, REAL, MASK).terms
    assert_close(terms["adversarial"], ADVERSARIAL, "generator_loss")
    assert_close(terms["feature_matching"] / 100, ADVERSARIAL, "feature_matching")
    assert_close(terms["l1"], ADVERSARIAL, "masked_l1_known10_missing0")

    fake = FAKE.clone().requires_grad_()
    alone = LamaObjective(model, weights=LamaWeights(l1_known=0, feature_matching=0))
    (gradient,) = torch.autograd.grad(alone.generator_loss(fake, REAL, MASK).total, fake)
    assert_close(gradient, ADVERSARIAL, "fake_grad")


def test_perceptual_loss() -> None:
    extractor = dilated_resnet50(published_weights(PERCEPTUAL))
    prediction, target = tensor(PERCEPTUAL, "pred").requires_grad_(), tensor(PERCEPTUAL, "target")
    loss = PerceptualLoss(extractor)(prediction, target)
    assert_close(loss, PERCEPTUAL, "loss_sum")
    (gradient,) = torch.autograd.grad(loss, prediction)
    assert_close(gradient.norm(), PERCEPTUAL, "pred_grad_norm")
    mean = PerceptualLoss(extractor, layer_reduction="mean")(prediction, target)
    torch.testing.assert_close(4 * mean.detach(), tensor(PERCEPTUAL, "loss_sum"))


@pytest.mark.parametrize("name", sorted(FOCAL.keys() - {"pred", "target"}))
def test_focal_frequency_loss(name: str) -> None:
    found = re.fullmatch(r"alpha(.+)_log(\d)_batch(\d)_avg(\d)_patch(\d)", name)
    assert found is not None
    alpha, log, batch, average, patch = found.groups()
    loss = FocalFrequencyLoss(
        alpha=float(alpha),
        log_weight=log == "1",
        batch_weight=batch == "1",
        average_spectrum=average == "1",
        patch_factor=int(patch),
    )
    assert_close(loss(tensor(FOCAL, "pred"), tensor(FOCAL, "target")), FOCAL, name)
