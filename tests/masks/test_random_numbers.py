"""Random numbers are uniform and reach both ends of their ranges."""

from __future__ import annotations

import pytest
import torch

from lamakit.masks.random_numbers import Random
from tests.helpers import seeded


def test_integers_reach_both_ends() -> None:
    random = Random(seeded())
    assert set(random.integers(2, 5, (400,)).tolist()) == {2, 3, 4, 5}
    assert random.integers(3, 3, (2, 4)).tolist() == [[3] * 4] * 2
    drawn = random.integers_up_to(torch.tensor([0, 1, 2]).repeat(400, 1))
    assert [set(column.tolist()) for column in drawn.T] == [{0}, {0, 1}, {0, 1, 2}]


def test_choices_and_weights() -> None:
    random = Random(seeded())
    assert set(random.choices((7, 9, 13), 400).tolist()) == {7, 9, 13}
    counts = torch.bincount(random.weighted_indices((1, 0, 3), 4000))
    assert counts[1] == 0
    assert counts[2] / 4000 == pytest.approx(0.75, abs=0.03)
    assert random.booleans((4000,), 0.2).double().mean() == pytest.approx(0.2, abs=0.03)
    assert not random.booleans((400,), 0).any()
    assert random.booleans((400,), 1).all()


def test_without_a_generator_the_global_one_serves() -> None:
    torch.manual_seed(3)
    first = Random(None).uniform((5,))
    torch.manual_seed(3)
    assert torch.equal(Random(None).uniform((5,)), first)
    assert first.dtype == torch.float64
    assert ((first >= 0) & (first < 1)).all()


@pytest.mark.parametrize("seed", [0, torch.tensor(3), "a"])
def test_a_seed_is_no_generator(seed: object) -> None:
    with pytest.raises(TypeError, match=r"must be a torch.Generator, got .*manual_seed\(0\)"):
        Random(seed)  # type: ignore[arg-type]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_numbers_of_a_generator_elsewhere_come_back_to_the_cpu() -> None:
    random = Random(torch.Generator("cuda").manual_seed(0))
    assert random.uniform((3,)).device.type == random.integers(0, 9, (3,)).device.type == "cpu"
