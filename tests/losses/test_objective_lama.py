"""The objective: which passes it takes, with which parts, and what it says of itself."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.discriminators import DiscriminatorOutput, MultiScaleDiscriminator, PatchDiscriminator
from lamakit.losses import (
    GlamaObjective,
    HingeLoss,
    LamaObjective,
    LamaWeights,
    PerceptualLoss,
)
from tests.contract.losses import extractor
from tests.losses.inputs import batch, discriminator

OBJECTIVES = [LamaObjective, GlamaObjective]


class Recorder(nn.Module):
    """A discriminator that keeps what it was given."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.discriminator = PatchDiscriminator(base_channels=4, num_layers=2, **settings)
        self.seen: list[Tensor] = []

    @override
    def forward(self, image: Tensor) -> DiscriminatorOutput:
        self.seen.append(image.detach().clone())
        output: DiscriminatorOutput = self.discriminator(image)
        return output


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_pass_twice_on_the_same_input(objective: type[LamaObjective]) -> None:
    recorder = Recorder()
    prediction, target, mask = batch()
    losses = objective(recorder)
    for step in (losses.generator_loss, losses.discriminator_loss):
        recorder.seen.clear()
        step(prediction, target, mask)
        assert len(recorder.seen) == 2
        assert sum(torch.equal(seen, target) for seen in recorder.seen) == 1
        assert sum(torch.equal(seen, prediction) for seen in recorder.seen) == 1


@pytest.mark.parametrize(
    ("weights", "passes"),
    [
        (LamaWeights(feature_matching=0), 1),
        (LamaWeights(adversarial=0), 2),
        (LamaWeights(adversarial=0, feature_matching=0), 0),
    ],
)
def test_a_weight_of_zero_costs_nothing(weights: LamaWeights, passes: int) -> None:
    recorder = Recorder()
    terms = LamaObjective(recorder, weights=weights).generator_loss(*batch()).terms
    assert len(recorder.seen) == passes
    assert terms.keys() == {
        name
        for name in ("l1", "adversarial", "feature_matching")
        if name == "l1" or getattr(weights, name)
    }


def test_an_objective_says_that_its_perceptual_loss_is_missing() -> None:
    without = repr(LamaObjective(discriminator()))
    assert "perceptual=None (trains without a perceptual loss: weights.perceptual has no" in without
    assert "weights=LamaWeights(l1_known=10.0" in without
    quiet = repr(LamaObjective(discriminator(), weights=LamaWeights(perceptual=0)))
    assert "perceptual=None,\n" in quiet
    whole = repr(GlamaObjective(discriminator(), perceptual=PerceptualLoss(extractor())))
    assert "perceptual=PerceptualLoss,\n" in whole


class Training(nn.Module):
    """What owns the networks and the objective, as a LightningModule does."""

    def __init__(self) -> None:
        super().__init__()
        self.discriminator = discriminator()
        self.objective = LamaObjective(
            self.discriminator, perceptual=PerceptualLoss(extractor(), layer_reduction="sum")
        )


def test_an_owner_takes_the_perceptual_network_along() -> None:
    owner = Training()
    own = {f"discriminator.{name}" for name in owner.discriminator.state_dict()}
    assert owner.state_dict().keys() == own
    assert len(list(owner.parameters())) == len(list(owner.discriminator.parameters()))
    owner.double()
    perceptual = owner.objective.perceptual
    assert isinstance(perceptual, nn.Module)
    assert {parameter.dtype for parameter in perceptual.parameters()} == {torch.float64}
    owner.load_state_dict(Training().state_dict())
    owner.objective.generator_loss(*batch(dtype=torch.float64)).total.backward()
    owner.to("meta")
    assert {parameter.device.type for parameter in perceptual.parameters()} == {"meta"}


def test_copies_keep_one_discriminator() -> None:
    owner = copy.deepcopy(Training())
    assert owner.objective.discriminator is owner.discriminator
    owner.objective.discriminator = other = discriminator()
    assert owner.objective.discriminator is other
    assert not list(owner.objective.parameters())


def test_several_scales_and_another_loss() -> None:
    torch.manual_seed(0)
    model = MultiScaleDiscriminator(base_channels=4, num_layers=2)
    objective = LamaObjective(model, adversarial=HingeLoss(mask_resize="max"))
    prediction, target, mask = batch()
    total, _ = objective.generator_loss(prediction, target, mask)
    (total + objective.discriminator_loss(prediction, target, mask).total).backward()
    assert prediction.grad is not None
    assert prediction.grad.isfinite().all()


def test_any_callable_is_a_discriminator() -> None:
    def brightness(image: Tensor) -> tuple[Tensor, list[Tensor]]:
        logits = image.mean(dim=1, keepdim=True) - 0.5
        return logits, [logits]

    prediction, target, mask = batch()
    objective = LamaObjective(brightness)
    objective.generator_loss(prediction, target, mask).total.backward()
    assert prediction.grad is not None
    assert objective.discriminator_loss(prediction, target, mask).terms["r1"] > 0


STEPS = ["generator_loss", "discriminator_loss"]


@pytest.mark.parametrize("step", STEPS)
def test_a_mask_of_another_size(step: str) -> None:
    prediction, target, mask = batch()
    with pytest.raises(ValueError, match=r"mask must have shape \(4, 1, 24, 20\)"):
        getattr(LamaObjective(discriminator()), step)(prediction, target, mask[..., :10])


@pytest.mark.parametrize("step", STEPS)
def test_images_of_other_shapes(step: str) -> None:
    prediction, target, mask = batch()
    with pytest.raises(ValueError, match="prediction and target must have one shape"):
        getattr(LamaObjective(discriminator()), step)(prediction[:1], target, mask)


@pytest.mark.parametrize("step", STEPS)
def test_a_mask_of_another_dtype(step: str) -> None:
    prediction, target, mask = batch()
    with pytest.raises(TypeError, match=r"mask must be .* as_mask"):
        getattr(LamaObjective(discriminator()), step)(prediction, target, mask > 0)


def test_a_generator_alone_needs_no_discriminator() -> None:
    prediction, target, mask = batch()
    with pytest.raises(
        ValueError, match=r"weights adversarial and feature_matching are 10\.0 and 0"
    ):
        LamaObjective(None, weights=LamaWeights(feature_matching=0))
    objective = LamaObjective(None, weights=LamaWeights(adversarial=0, feature_matching=0))
    assert set(objective.generator_loss(prediction, target, mask).terms) == {"l1"}
    with pytest.raises(ValueError, match="the objective has no discriminator"):
        objective.discriminator_loss(prediction, target, mask)
