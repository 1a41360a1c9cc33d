"""The training step against a hand-written loop, Fabric, parts of a batch."""

from __future__ import annotations

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from torch import Tensor, nn

from lamakit.images import stack_inputs
from lamakit.losses import LamaObjective, LamaWeights
from lamakit.training import ScaleConsistency, TrainingState, training_step
from lamakit.training.steps import GRADIENT_NORMS
from tests.helpers import assert_same_tensors
from tests.training.networks import GROUP_NORM, begin, draw_batch


def gradients(state: TrainingState) -> dict[str, Tensor]:
    """Return the gradients that the last step left."""
    return {
        f"{part}.{name}": parameter.grad
        for part, (network, _) in state.trained.items()
        for name, parameter in network.named_parameters()
        if parameter.grad is not None
    }


def test_a_step_is_the_loop_of_the_guide() -> None:
    image, mask = draw_batch()
    state, plain = begin(), begin()
    values = training_step(state, LamaObjective(state.discriminator), image, mask)

    objective = LamaObjective(plain.discriminator)
    prediction = plain.model(stack_inputs(image, mask))
    expected: dict[str, Tensor] = {}
    losses = objective.generator_loss, objective.discriminator_loss
    for loss, (network, optimizer) in zip(losses, plain.trained.values(), strict=True):
        total, terms = loss(prediction, image, mask)
        optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        expected |= terms
    assert_same_tensors({n: v for n, v in values.items() if n not in GRADIENT_NORMS}, expected)
    for (ours, _), (theirs, _) in zip(state.trained.values(), plain.trained.values(), strict=True):
        assert_same_tensors(ours.state_dict(), theirs.state_dict())
    assert (state.step, state.samples) == (1, 4)


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_fabric_computes_the_same(precision: str) -> None:
    image, mask = draw_batch()
    fabric = Fabric(accelerator="cpu", devices=1, precision=precision)  # type: ignore[arg-type]
    plain, wrapped = begin(), begin()
    wrapped.set_up(fabric)
    values = training_step(plain, LamaObjective(plain.discriminator), image, mask)
    found = training_step(wrapped, LamaObjective(wrapped.discriminator), image, mask, fabric=fabric)
    tolerance = 0 if precision == "32-true" else 0.1
    for name, value in values.items():
        torch.testing.assert_close(found[name], value, rtol=tolerance, atol=0)


def test_float16_with_scaled_losses() -> None:
    image, mask = draw_batch()
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**8)
    fabric = Fabric(accelerator="cpu", devices=1, plugins=MixedPrecision("16-mixed", "cpu", scaler))
    fresh, plain = begin(), begin()
    state = TrainingState.of(fresh.model, fresh.discriminator, scaler=scaler)
    state.set_up(fabric)
    found = training_step(state, LamaObjective(state.discriminator), image, mask, fabric=fabric)
    values = training_step(plain, LamaObjective(plain.discriminator), image, mask)
    for name, value in values.items():  # norms of gradients, too, are those without the scale
        torch.testing.assert_close(found[name], value, rtol=0.1, atol=0)
    assert state.state_dict()["scaler"]["scale"] == 2.0**8


def test_parts_have_the_gradients_of_the_whole_batch() -> None:
    image, mask = draw_batch()
    whole, cut = begin(GROUP_NORM), begin(GROUP_NORM)
    values = training_step(whole, LamaObjective(whole.discriminator), image, mask)
    found = training_step(cut, LamaObjective(cut.discriminator), image, mask, parts=2)
    for name, value in values.items():
        torch.testing.assert_close(found[name], value)
    expected = gradients(whole)
    assert len(expected) > 20
    for name, gradient in gradients(cut).items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("clip_norm", [0.01, 0])
def test_gradients_are_clipped(clip_norm: float) -> None:
    state = begin()
    values = training_step(
        state, LamaObjective(state.discriminator), *draw_batch(), clip_norm=clip_norm
    )
    for name, (network, _) in zip(GRADIENT_NORMS, state.trained.values(), strict=True):
        gradient = torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])
        assert values[name] > 0.01
        expected = clip_norm or float(values[name])
        assert float(gradient.norm()) == pytest.approx(expected, rel=1e-3)


def test_further_terms_are_added() -> None:
    state = begin()
    terms = {"consistency": ScaleConsistency(scales=(0.5,), weight=3.0)}
    objective = LamaObjective(state.discriminator)
    values = training_step(state, objective, *draw_batch(size=64), further_terms=terms)
    plain = begin()
    others = training_step(plain, LamaObjective(plain.discriminator), *draw_batch(size=64))
    assert values["consistency"] > 0
    assert not values["consistency"].requires_grad
    assert values["generator_gradient"] != others["generator_gradient"]


def test_a_generator_trains_without_a_discriminator() -> None:
    state = TrainingState.of(begin().model)
    weights = LamaWeights(adversarial=0, feature_matching=0, l1_missing=5)
    values = training_step(state, LamaObjective(None, weights=weights), *draw_batch())
    assert set(values) == {"l1", "generator_gradient"}
    assert set(state.state_dict()["optimizers"]) == {"generator"}
    again = TrainingState.of(begin(seed=1).model)
    again.load_state_dict(state.state_dict())
    assert_same_tensors(again.model.state_dict(), state.model.state_dict())


def test_it_learns() -> None:
    fresh = begin()
    state = TrainingState.of(fresh.model, fresh.discriminator, generator_learning_rate=0.02)
    objective = LamaObjective(state.discriminator)
    mask = draw_batch()[1]
    image = torch.full((4, 3, 32, 32), 0.8)
    losses = [float(training_step(state, objective, image, mask)["l1"]) for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]


def test_bad_arguments() -> None:
    state = begin()
    objective = LamaObjective(state.discriminator)
    image, mask = draw_batch()
    with pytest.raises(ValueError, match="parts must divide the batch of 4 images, got 3"):
        training_step(state, objective, image, mask, parts=3)
    with pytest.raises(ValueError, match="clip_norm"):
        training_step(state, objective, image, mask, clip_norm=-1.0)
    with pytest.raises(ValueError, match="mask must have shape"):
        training_step(state, objective, image, mask[:2])
    assert state.step == 0
