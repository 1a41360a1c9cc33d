"""The state of a training: saving, loading, the moving average."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch

from lamakit.generators import lama_fourier
from lamakit.losses import LamaObjective
from lamakit.training import Muon, TrainingState, training_step
from tests.helpers import assert_same_tensors, state_of
from tests.training.networks import GROUP_NORM, begin, draw_batch


def test_loading_continues_exactly() -> None:
    image, mask = draw_batch()
    state, again = begin(), begin(seed=1)
    training_step(state, LamaObjective(state.discriminator), image, mask)
    again.load_state_dict(deepcopy(state.state_dict()))
    assert (again.step, again.samples) == (1, 4)
    for _ in range(2):
        values, others = (
            training_step(s, LamaObjective(s.discriminator), image, mask) for s in (state, again)
        )
        assert_same_tensors(values, others)
    assert_same_tensors(again.model.state_dict(), state.model.state_dict())
    (discriminator, _), (expected, _) = (s.trained["discriminator"] for s in (again, state))
    assert_same_tensors(discriminator.state_dict(), expected.state_dict())
    assert_same_tensors(again.best_model.state_dict(), state.best_model.state_dict())


def test_the_average_keeps_the_decay_but_less_in_the_first_steps() -> None:
    state = begin(average_decay=0.15)
    image, mask = draw_batch()
    objective = LamaObjective(state.discriminator)
    training_step(state, objective, image, mask)  # the average begins as a copy of these weights
    expected = state_of(state.model)
    for kept in (0.15, 0.15):  # (1 + 1) / (10 + 1) = 0.18 is more already
        training_step(state, objective, image, mask)
        for name, tensor in state.model.state_dict().items():
            expected[name] = kept * expected[name] + (1 - kept) * tensor
    slow = begin(average_decay=0.999)
    training_step(slow, LamaObjective(slow.discriminator), image, mask)
    first = state_of(slow.model)
    training_step(slow, LamaObjective(slow.discriminator), image, mask)
    average, second = slow.best_model.state_dict(), slow.model.state_dict()
    for name, tensor in state.best_model.state_dict().items():
        if tensor.is_floating_point():  # weights and running statistics
            torch.testing.assert_close(tensor, expected[name])
            wanted = 2 / 11 * first[name] + 9 / 11 * second[name]
            torch.testing.assert_close(average[name], wanted)


def test_without_an_average_the_best_model_is_the_one_in_training() -> None:
    state = begin(average_decay=0)
    assert state.average is None
    assert state.best_model is state.model
    assert not any(n.startswith("generator_average") for n in state.state_dict()["state_dict"])


def test_an_average_can_begin_when_training_is_continued() -> None:
    without, with_average = begin(average_decay=0), begin(seed=1)
    with_average.load_state_dict(without.state_dict())
    assert_same_tensors(with_average.best_model.state_dict(), without.model.state_dict())


def test_parts_that_are_not_trained_stay_as_they_are() -> None:
    model = lama_fourier(base_channels=4, num_blocks=1)
    for parameter in model.encoder.parameters():
        parameter.requires_grad = False
    state = TrainingState.of(model, begin().discriminator)
    state.train()
    assert model.training
    assert not any(module.training for module in model.encoder.modules())
    before, rest = state_of(model.encoder), state_of(model.decoder)
    training_step(state, LamaObjective(state.discriminator), *draw_batch())
    assert_same_tensors(model.encoder.state_dict(), before)
    assert not torch.equal(model.decoder.state_dict()["0.0.weight"], rest["0.0.weight"])


def test_the_state_of_other_networks_is_refused() -> None:
    alone = TrainingState.of(begin().model)
    with pytest.raises(ValueError, match="of generator and discriminator, not of generator"):
        alone.load_state_dict(begin().state_dict())
    with pytest.raises(ValueError, match="that of another generator: "):
        begin(norm_layer=GROUP_NORM).load_state_dict(begin().state_dict())


def test_a_generator_trained_by_muon_continues_exactly() -> None:
    def started() -> TrainingState:
        begun = begin()
        return TrainingState.of(begun.model, begun.discriminator, generator_optimizer="muon")

    state, again = started(), started()
    assert isinstance(state.model_optimizer, Muon)
    assert isinstance(state.discriminator_optimizer, torch.optim.Adam)
    training_step(state, LamaObjective(state.discriminator), *draw_batch())
    again.load_state_dict(deepcopy(state.state_dict()))
    for each in (state, again):
        training_step(each, LamaObjective(each.discriminator), *draw_batch())
    assert_same_tensors(state.state_dict()["state_dict"], again.state_dict()["state_dict"])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("generator_learning_rate", 0),
        ("discriminator_learning_rate", -1.0),
        ("generator_optimizer", "sgd"),
        ("average_decay", 1.5),
    ],
)
def test_bad_options(option: str, value: object) -> None:
    state = begin()
    with pytest.raises(ValueError, match=option):
        TrainingState.of(state.model, state.discriminator, **{option: value})  # type: ignore[arg-type]
