"""State dicts that claim more than there is cost neither time nor memory."""

from __future__ import annotations

import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.checkpoints import (
    load_generator,
    to_published_state_dict,
)
from tests.checkpoints.networks import (
    FAMILIES,
    small,
)

EMPTY_SHAPES = st.sampled_from([(0,), (0, 2**40), (2**40, 0), (0, 0, 3, 3)])
GIANT_SHAPES = st.sampled_from([(), (2**40,), (2**20, 2**20), (2**30, 4, 7, 7), (1,) * 9])
DTYPES = [torch.int64, torch.bool, torch.complex64, torch.float16, torch.float64]


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("own", [True, False])
@given(data=st.data())
def test_any_damage_is_an_error(name: str, own: bool, data: st.DataObject) -> None:
    model = small(name)
    state_dict = model.state_dict() if own else to_published_state_dict(model)
    number = st.sampled_from([0, 1, 7, 301, 99_999_999, 10**30])
    for victim in data.draw(st.lists(st.sampled_from(sorted(state_dict)), min_size=1, unique=True)):
        tensor = state_dict.pop(victim, torch.zeros(1))
        parts = victim.split(".")
        change = data.draw(st.sampled_from(["index", "shape", "giant", "dtype", "gone"]))
        if change == "index":
            at = [i for i, part in enumerate(parts) if part.isdecimal()]
            parts[data.draw(st.sampled_from(at))] = str(data.draw(number))
            state_dict[".".join(parts)] = tensor
        elif change == "shape":
            state_dict[victim] = tensor.flatten()[:0].reshape(data.draw(EMPTY_SHAPES))
        elif change == "giant":
            state_dict[victim] = torch.empty(data.draw(GIANT_SHAPES), device="meta")
        elif change == "dtype":
            state_dict[victim] = tensor.to(data.draw(st.sampled_from(DTYPES)))
    start = time.perf_counter()
    try:
        load_generator(state_dict)
    except ValueError as error:
        assert len(str(error)) < 5000  # noqa: PT017 (a second half of a name may be whole)
    assert time.perf_counter() - start < 5
