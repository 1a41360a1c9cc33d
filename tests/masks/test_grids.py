"""Grids and lines have the periods that they say."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks import (
    EveryNLines,
    NearestNeighbour,
    SuperResolutionGrid,
)
from tests.helpers import seeded


@given(step=st.integers(2, 6))
def test_super_resolution_grids_are_periodic(step: int) -> None:
    sampler = SuperResolutionGrid(min_step=step, max_step=step)
    masks = sampler.batch(40, (30, 36), generator=seeded())
    assert torch.equal(masks[..., step:, :], masks[..., :-step, :])
    assert torch.equal(masks[..., step:], masks[..., :-step])
    known = (1 - masks).amax(3).sum((1, 2)) / 30
    assert known.min() > 0
    assert known.max() < 1


def test_super_resolution_widths_and_offsets_reach_their_ends() -> None:
    rows = SuperResolutionGrid(min_step=4, max_step=4).batch(500, (4, 4), generator=seeded())
    missing = (rows.amin(3)).sum((1, 2))
    assert set(missing.tolist()) == {1, 2, 3}
    assert rows.amin(3).amax((0, 1)).min() == 1


def test_every_n_lines() -> None:
    masks = EveryNLines().batch(400, (60, 120), generator=seeded())[:, 0]
    drawn = {
        (step, axis)
        for step in (2, 3, 4, 5)
        for axis in (0, 1)
        if any(torch.equal(mask, lines(step, axis)) for mask in masks)
    }
    assert len(drawn) == 8
    assert all(any(torch.equal(mask, lines(*choice)) for choice in drawn) for mask in masks)


def lines(step: int, axis: int) -> torch.Tensor:
    mask = torch.zeros(60, 120)
    if axis == 0:
        mask[::step] = 1
    else:
        mask[:, ::step] = 1
    return mask


def test_nearest_neighbour() -> None:
    masks = NearestNeighbour().batch(200, (60, 120), generator=seeded())[:, 0]
    expected = {}
    for step in (2, 3, 4):
        expected[step] = torch.ones(60, 120)
        expected[step][::step, ::step] = 0
    found = [step for mask in masks for step in expected if torch.equal(mask, expected[step])]
    assert len(found) == 200
    assert set(found) == {2, 3, 4}


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_the_most_missing_rows_of_a_period(most: int) -> None:
    grid = SuperResolutionGrid(min_step=4, max_step=4, max_width=most)
    masks = grid.batch(300, (4, 4), generator=seeded())
    missing = masks.amin(3).sum((1, 2))
    assert set(missing.tolist()) == set(range(1, min(most, 3) + 1))
