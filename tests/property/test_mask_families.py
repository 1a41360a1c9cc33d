"""Each family draws what it says."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks import (
    Boxes,
    CentreBox,
    Completion,
    DiscStrokes,
    EveryNLines,
    Expand,
    NearestNeighbour,
    Outpainting,
    RandomAreaBox,
    SquareStrokes,
    Strokes,
    SuperResolutionGrid,
)

sides = st.integers(1, 40)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


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


def test_strokes_do_not_swap_the_axes() -> None:
    masks = Strokes(min_times=3, max_times=3, max_width=5, max_len=20).batch(
        300, (16, 200), generator=seeded()
    )
    assert masks.amax((0, 1)).mean() == 1


def test_stroke_counts_reach_one_more_than_max_times() -> None:
    dots = DiscStrokes(min_times=0, max_times=1, max_width=1, max_len=1, min_width=1, min_len=1)
    masks = dots.batch(400, (300, 300), generator=seeded())
    dot = dots.batch(400, (300, 300), generator=seeded()).sum((1, 2, 3))
    assert dot.min() == 0  # no stroke
    columns = masks.amax(2)[:, 0]
    gaps = ((columns[:, 1:] - columns[:, :-1]) > 0).sum(1) + columns[:, 0]
    assert gaps.max() == 2  # two strokes far apart


def test_a_stroke_is_as_wide_as_it_says() -> None:
    line = Strokes(min_times=1, max_times=1, max_width=1, max_len=1, max_angle=1, min_len=100)
    for width in (1, 5, 8, 20):
        masks = Strokes(**{**vars(line), "min_width": width}).batch(
            200, (400, 60), generator=seeded()
        )
        rows = masks[:, 0].sum(2)
        widths = rows[rows > 0]
        assert widths.mode().values == width + 1


def test_discs_and_squares_have_their_sizes() -> None:
    settings = {"min_times": 0, "max_times": 0, "max_len": 1, "min_len": 1, "max_width": 1}
    discs = DiscStrokes(**settings, min_width=9).batch(300, (99, 99), generator=seeded())
    squares = SquareStrokes(**settings, min_width=9).batch(300, (99, 99), generator=seeded())
    assert discs.amax(3).sum((1, 2)).max() <= 19 + 4  # five segments of at most a pixel
    assert discs.sum((1, 2, 3)).max() >= math.pi * 9**2
    drawn = squares[squares.sum((1, 2, 3)) > 0].sum((1, 2, 3))
    assert drawn.mode().values == 64


@given(height=sides, width=sides)
def test_outpainting_leaves_a_box_known(height: int, width: int) -> None:
    masks = Outpainting().batch(50, (height, width), generator=seeded())
    known = 1 - masks
    box = known.amax(3, keepdim=True) * known.amax(2, keepdim=True)
    assert torch.equal(known, box)
    assert masks.amax((1, 2, 3)).min() == 1  # some side always has a band


def test_outpainting_bands_are_fractions_of_their_own_axis() -> None:
    masks = Outpainting().batch(4000, (200, 400), generator=seeded())[:, 0]
    rows, columns = masks.amin(2), masks.amin(1)
    top = rows.cumprod(1).sum(1)
    left = columns.cumprod(1).sum(1)
    whole = (rows.mean(1) < 1) & (columns.mean(1) < 1)
    for band, side in ((top, 200), (left, 400)):
        fractions = band[whole & (band > 0)] / side
        assert 0.035 <= fractions.min() < 0.05
        assert 0.24 < fractions.max() < 0.25
    # One of two with the other sides' help: 1/2, and 1/4 of the 1/16 where none fires.
    assert (top > 0).float().mean() == pytest.approx(0.5 + 1 / 64, abs=0.02)


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


def test_completion_takes_each_side_and_its_part() -> None:
    masks = Completion().batch(2000, (100, 200), generator=seeded())[:, 0]
    areas = masks.mean((1, 2))
    assert 0.19 <= areas.min() < 0.21
    assert 0.78 < areas.max() <= 0.8
    corners = masks[:, [0, 0, -1, -1], [0, -1, 0, -1]].long()
    sides = {tuple(corner) for corner in corners.tolist()}
    assert sides == {(1, 1, 0, 0), (0, 0, 1, 1), (1, 0, 1, 0), (0, 1, 0, 1)}


def test_expand_keeps_an_even_centred_square() -> None:
    masks = Expand(reverse_probability=0).batch(300, (51, 80), generator=seeded())
    known = (1 - masks).sum((1, 2, 3)).sqrt()
    assert set(known.tolist()) == {12, 16, 24}
    assert torch.equal(masks, masks.flip(-1))
    reverse = Expand(reverse_probability=1).batch(300, (51, 80), generator=seeded())
    assert torch.equal(reverse, 1 - masks)
    assert Expand().batch(300, (51, 80), generator=seeded())[:, 0, 0, 0].all()  # never by default
    half = Expand(reverse_probability=0.5)
    both = half.batch(1000, (51, 80), generator=seeded())[:, 0, 0, 0]
    assert both.mean() == pytest.approx(0.5, abs=0.05)


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
