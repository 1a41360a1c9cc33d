"""Boxes have the sides, places and numbers that they say."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks import (
    Boxes,
    CentreBox,
    RandomAreaBox,
)
from tests.helpers import seeded


@given(
    size=st.integers(1, 12),
    margin=st.integers(0, 5),
    height=st.integers(22, 40),
    width=st.integers(22, 40),
)
def test_one_box_has_its_area_and_keeps_its_margin(
    size: int, margin: int, height: int, width: int
) -> None:
    sampler = Boxes(min_times=1, max_times=1, min_size=size, max_size=size, margin=margin)
    masks = sampler.batch(16, (height, width), generator=seeded())
    assert (masks.sum((1, 2, 3)) == size**2).all()
    inner = masks[..., margin : height - margin, margin : width - margin]
    assert torch.equal(inner.sum(), masks.sum())


def test_boxes_reach_every_pixel_and_both_ends_of_their_ranges() -> None:
    sampler = Boxes(min_times=1, max_times=1, min_size=2, max_size=4)
    masks = sampler.batch(4000, (9, 13), generator=seeded())
    assert masks.amax((0, 1)).min() == 1
    heights, widths = masks.amax(3).sum((1, 2)), masks.amax(2).sum((1, 2))
    assert set(heights.tolist()) == set(widths.tolist()) == {2, 3, 4}


def test_the_number_of_boxes_reaches_both_ends() -> None:
    sampler = Boxes(min_times=0, max_times=2, min_size=1, max_size=1)
    areas = sampler.batch(300, (50, 50), generator=seeded()).sum((1, 2, 3))
    assert set(areas.tolist()) == {0, 1, 2}


def test_box_sides_are_capped_by_the_image() -> None:
    sampler = Boxes(min_times=1, max_times=1, min_size=10, max_size=500, margin=2)
    masks = sampler.batch(200, (20, 40), generator=seeded())
    assert masks.amax(3).sum((1, 2)).max() == 16
    assert masks.amax(2).sum((1, 2)).max() <= 36


def test_boxes_and_margins_shrink_to_what_fits() -> None:
    sampler = Boxes(min_times=1, max_times=1, min_size=30, max_size=50, margin=10)
    masks = sampler.batch(20, (7, 25), generator=seeded())
    assert (masks == torch.nn.functional.pad(torch.ones(1, 5), (10, 10, 3, 3))).all()


@pytest.mark.parametrize("size", [(201, 201), (106, 301)])
def test_box_areas(size: tuple[int, int]) -> None:
    areas = RandomAreaBox().batch(2000, size, generator=seeded()).mean((1, 2, 3))
    assert 0.095 < areas.min() < areas.max() < 0.36
    assert areas.mean() == pytest.approx((0.1**0.5 + 0.35**0.5) ** 2 / 4, abs=0.005)
    centred = CentreBox()(size)
    assert centred.mean() == pytest.approx(0.225, abs=0.005)
    assert torch.equal(centred, centred.flip(-1, -2))
