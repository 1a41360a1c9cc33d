"""The history of losses: means, and values that are not finite."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from lamakit.training import LossHistory


def values(**numbers: float) -> dict[str, Tensor]:
    return {name: torch.tensor(number) for name, number in numbers.items()}


def test_means_are_those_of_the_steps_since_the_last_ones() -> None:
    history = LossHistory()
    history.add(1, values(l1=1.0, r1=0.5))
    history.add(2, values(l1=2.0, r1=0.0))
    assert history.means() == {"l1": 1.5, "r1": 0.25}
    history.add(3, values(l1=7.0, r1=1.0))
    assert history.means() == {"l1": 7.0, "r1": 1.0}
    assert history.means() == {}


@pytest.mark.parametrize(("bad", "told"), [(math.nan, "nan"), (math.inf, "inf")])
def test_the_first_bad_value_is_named(bad: float, told: str) -> None:
    history = LossHistory()
    history.add(11, values(l1=1.0, adversarial=2.0))
    history.add(12, values(l1=1.0, adversarial=bad))
    history.add(13, values(l1=bad, adversarial=bad))
    with pytest.raises(ArithmeticError, match=f"'adversarial' is {told} at step 12: "):
        history.means()


def test_some_values_may_be_infinite() -> None:
    history = LossHistory(unchecked=("gradient",))
    history.add(1, values(gradient=math.inf, l1=1.0))
    history.add(2, values(gradient=4.0, l1=2.0))
    assert history.means() == {"gradient": 4.0, "l1": 1.5}
    history.add(3, values(gradient=math.nan, l1=1.0))
    assert math.isnan(history.means()["gradient"])
