"""Masks of one of several samplers, of all united, and of one chosen by size."""

from __future__ import annotations

from dataclasses import replace

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


@pytest.mark.filterwarnings("ignore:an image of 40x56 pixels is too small for strokes")
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


@pytest.mark.parametrize("combination", [OneOf, UnionOf])
def test_samplers_one_by_one(combination: type[OneOf | UnionOf]) -> None:
    first, second = CentreBox(area=0.25), CentreBox(area=1)
    assert (
        combination(first, second) == combination((first, second)) == combination([first, second])
    )
    assert combination(first) == combination(samplers=(first,))
    assert replace(combination(first), samplers=(second,)) == combination(second)
    with pytest.raises(TypeError, match=r"samplers\[1\] must be a mask sampler .* got 3"):
        combination(first, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="samplers must be a sequence of at least one sampler"):
        combination([])


def test_weights_of_samplers_one_by_one() -> None:
    mixture = OneOf(CentreBox(area=0.25), CentreBox(area=1), weights=[0, 1])
    assert mixture.batch(20, 8).mean() == 1
    assert mixture == OneOf((CentreBox(area=0.25), CentreBox(area=1)), weights=(0, 1))
    with pytest.raises(ValueError, match=r"weights must be as many as samplers \(2\), got 1"):
        OneOf(CentreBox(), CentreBox(), weights=[1])
