"""Masks of one of several samplers, of all united, and of one chosen by size."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks import (
    BySize,
    CentreBox,
    NearestNeighbour,
    OneOf,
    UnionOf,
)
from tests.contract.mask_cases import SAMPLERS
from tests.helpers import seeded

SIZE = (40, 56)


names = st.sampled_from(sorted(SAMPLERS))


seeds = st.integers(0, 2**32 - 1)


@given(first=names, second=names, seed=seeds)
def test_a_union_contains_its_parts(first: str, second: str, seed: int) -> None:
    parts = SAMPLERS[first], SAMPLERS[second]
    union = UnionOf(parts).batch(4, SIZE, generator=seeded(seed))
    generator = seeded(seed)
    drawn = [part.batch(4, SIZE, generator=generator) for part in parts]
    assert torch.equal(union, torch.maximum(*drawn))


def test_one_of_draws_by_weight_and_gives_each_mask_its_own_family() -> None:
    mixture = OneOf((NearestNeighbour(steps=(2,)), CentreBox(area=0.25)), weights=(1, 3))
    areas = mixture.batch(4000, (8, 8), generator=seeded()).mean((1, 2, 3))
    assert set(areas.tolist()) == {0.25, 0.75}
    assert (areas == 0.25).float().mean() == pytest.approx(0.75, abs=0.03)
    never = OneOf((CentreBox(area=0.25), CentreBox(area=1)), weights=(1, 0))
    assert never.batch(200, (8, 8)).mean() == 0.25


def test_by_size_looks_at_the_shorter_side() -> None:
    sampler = BySize(CentreBox(area=0.25), CentreBox(area=1), from_side=16)
    assert [float(sampler(size).mean()) for size in ((15, 99), (99, 14), (16, 16))] == [
        pytest.approx(0.25, abs=0.03),
        pytest.approx(0.25, abs=0.03),
        1,
    ]
