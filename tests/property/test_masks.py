"""Shapes land where they should."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks import Boxes, Strokes
from lamakit.masks.raster import capsule_intervals, fill_intervals

coordinates = st.integers(0, 30)


@given(x0=coordinates, y0=coordinates, x1=coordinates, y1=coordinates, thickness=st.integers(1, 15))
def test_a_line_is_all_points_near_its_segment(
    x0: int, y0: int, x1: int, y1: int, thickness: int
) -> None:
    start, end = torch.tensor([[[x0, y0]]]), torch.tensor([[[x1, y1]]])
    starts, ends = capsule_intervals(start, end, torch.tensor([[thickness]]), 31)
    mask = fill_intervals(starts, ends, 31)[0, 0] > 0
    points = torch.stack(
        torch.meshgrid(torch.arange(31), torch.arange(31), indexing="xy"), -1
    ).double()
    direction = (end - start)[0, 0].double()
    along = ((points - start[0, 0]) @ direction / direction.dot(direction).clamp(min=1)).clamp(0, 1)
    distance = (points - start[0, 0] - along[..., None] * direction).norm(dim=-1)
    undecided = (distance - thickness / 2).abs() < 1e-9  # on the edge, to within rounding
    assert torch.equal(mask | undecided, (distance <= thickness / 2) | undecided)


def test_nothing_is_drawn_with_no_thickness() -> None:
    point = torch.tensor([[[3, 3]]])
    starts, ends = capsule_intervals(point, point + 5, torch.tensor([[0]]), 16)
    assert fill_intervals(starts, ends, 16).sum() == 0


def test_intervals_are_cut_at_the_borders_and_united() -> None:
    starts = torch.tensor([[[-5], [3], [90], [-9]]])
    ends = torch.tensor([[[1], [99], [99], [-7]]])
    assert fill_intervals(starts, ends, 6).flatten().tolist() == [1, 1, 0, 1, 1, 1]


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
    masks = sampler.batch(16, (height, width), generator=torch.Generator().manual_seed(0))
    assert (masks.sum((1, 2, 3)) == size**2).all()
    inner = masks[..., margin : height - margin, margin : width - margin]
    assert torch.equal(inner.sum(), masks.sum())


def test_boxes_reach_every_pixel_and_both_ends_of_their_ranges() -> None:
    sampler = Boxes(min_times=1, max_times=1, min_size=2, max_size=4)
    masks = sampler.batch(4000, (9, 13), generator=torch.Generator().manual_seed(0))
    assert masks.amax((0, 1)).min() == 1
    heights, widths = masks.amax(3).sum((1, 2)), masks.amax(2).sum((1, 2))
    assert set(heights.tolist()) == set(widths.tolist()) == {2, 3, 4}


def test_box_sides_are_capped_by_the_image() -> None:
    sampler = Boxes(min_times=1, max_times=1, min_size=10, max_size=500, margin=2)
    masks = sampler.batch(200, (20, 40), generator=torch.Generator().manual_seed(0))
    assert masks.amax(3).sum((1, 2)).max() == 16
    assert masks.amax(2).sum((1, 2)).max() <= 36


@pytest.mark.parametrize(
    ("settings", "area"),
    [
        ({"min_times": 4, "max_times": 5, "max_width": 50, "max_len": 100}, 0.30),
        ({"min_times": 1, "max_times": 5, "max_width": 100, "max_len": 200}, 0.47),
    ],
)
def test_strokes_cover_about_what_the_released_generators_do(
    settings: dict[str, int], area: float
) -> None:
    masks = Strokes(**settings).batch(400, (256, 256), generator=torch.Generator().manual_seed(0))
    assert masks.mean() == pytest.approx(area, abs=0.04)


def test_strokes_do_not_swap_the_axes() -> None:
    masks = Strokes(min_times=3, max_times=3, max_width=5, max_len=20).batch(
        300, (16, 200), generator=torch.Generator().manual_seed(0)
    )
    assert masks.amax((0, 1)).mean() == 1
