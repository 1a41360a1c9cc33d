"""Convex shapes cover the right pixels."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lamakit.masks.raster import (
    box_spans,
    capsule_spans,
    fill_lines,
    fill_spans,
)

CPU = torch.device("cpu")


coordinates = st.integers(-10, 40)


points = st.tuples(coordinates, coordinates)


def capsule(start: tuple[int, int], end: tuple[int, int], squared_radius: int) -> Tensor:
    spans = capsule_spans(
        torch.zeros(1, dtype=torch.long),
        torch.tensor([start]),
        torch.tensor([end]),
        torch.tensor([squared_radius]),
        height=31,
        device=CPU,
    )
    return fill_spans(spans, 1, (31, 27))[0, 0]


def within(start: tuple[int, int], end: tuple[int, int], squared_radius: int) -> list[list[float]]:
    """By definition, in Python's exact integers: the pixels at most the radius from the segment."""

    def inside(x: int, y: int) -> bool:
        step = end[0] - start[0], end[1] - start[1]
        offset = x - start[0], y - start[1]
        squared_length = step[0] ** 2 + step[1] ** 2
        along = step[0] * offset[0] + step[1] * offset[1]
        if 0 < along < squared_length:
            across = step[1] * offset[0] - step[0] * offset[1]
            return across**2 <= squared_radius * squared_length
        nearest = end if along >= squared_length else start
        return (x - nearest[0]) ** 2 + (y - nearest[1]) ** 2 <= squared_radius

    return [[float(inside(x, y)) for x in range(27)] for y in range(31)]


@given(start=points, end=points, squared_radius=st.integers(0, 200))
def test_a_line_is_all_pixels_near_its_segment(
    start: tuple[int, int], end: tuple[int, int], squared_radius: int
) -> None:
    assert capsule(start, end, squared_radius).tolist() == within(start, end, squared_radius)


@given(centre=points, squared_radius=st.integers(0, 200))
def test_a_segment_of_one_point_is_a_disc(centre: tuple[int, int], squared_radius: int) -> None:
    expected = within(centre, centre, squared_radius)
    assert capsule(centre, centre, squared_radius).tolist() == expected


def test_lines_far_larger_than_the_image_are_exact() -> None:
    start, end, squared_radius = (-40_000, -30_003), (41_000, 32_003), 12_345**2 // 1000
    assert capsule(start, end, squared_radius).tolist() == within(start, end, squared_radius)


def test_shapes_land_in_their_own_masks_and_are_united() -> None:
    spans = box_spans(
        torch.tensor([2, 0, 2, 0]),
        torch.tensor([[-5, 0], [3, 1], [3, 0], [4, 1]]),
        torch.tensor([[1, 0], [99, 99], [3, 0], [3, 1]]),
        height=2,
        device=CPU,
    )
    assert fill_spans(spans, 3, (2, 6))[:, 0].tolist() == [
        [[0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1]],
        [[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]],
        [[1, 1, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0]],
    ]


def test_no_shapes_no_pixels() -> None:
    none, no_points = torch.zeros(0, dtype=torch.long), torch.zeros(0, 2, dtype=torch.long)
    spans = capsule_spans(none, no_points, no_points, none, height=3, device=CPU)
    assert fill_spans(spans, 2, (3, 4)).tolist() == torch.zeros(2, 1, 3, 4).tolist()


def test_whole_rows_and_columns() -> None:
    rows, columns = torch.tensor([[True, False, False]]), torch.tensor([[False, True]])
    assert fill_lines(rows, columns).tolist() == [[[[1, 1], [0, 1], [0, 1]]]]
