"""Strokes have the numbers, widths and lengths that they say."""

from __future__ import annotations

import math

import torch

from lamakit.masks import (
    DiscStrokes,
    SquareStrokes,
    Strokes,
)
from lamakit.masks.random_numbers import Random
from tests.helpers import seeded


def test_strokes_do_not_swap_the_axes() -> None:
    masks = Strokes(min_times=3, max_times=4, max_width=9, max_len=29).batch(
        300, (16, 200), generator=seeded()
    )
    assert masks.amax((0, 1)).mean() == 1


def test_the_number_of_strokes_reaches_both_ends() -> None:
    dots = DiscStrokes(min_times=0, max_times=2, min_width=1, max_width=1, min_len=1, max_len=1)
    masks = dots.batch(400, (300, 300), generator=seeded())
    dot = dots.batch(400, (300, 300), generator=seeded()).sum((1, 2, 3))
    assert dot.min() == 0  # no stroke
    columns = masks.amax(2)[:, 0]
    gaps = ((columns[:, 1:] - columns[:, :-1]) > 0).sum(1) + columns[:, 0]
    assert gaps.max() == 2  # two strokes far apart


def test_a_stroke_is_as_wide_as_it_says() -> None:
    for width in (1, 5, 8, 20):
        line = Strokes(
            min_times=1,
            max_times=2,
            min_width=width,
            max_width=width,
            min_len=100,
            max_len=100,
            max_angle=0,
        )
        masks = line.batch(200, (400, 60), generator=seeded())
        rows = masks[:, 0].sum(2)
        widths = rows[rows > 0]
        assert widths.mode().values == width + 1


def test_discs_and_squares_have_their_sizes() -> None:
    settings = {"min_times": 0, "max_times": 1, "min_len": 1, "max_len": 1}
    settings |= {"min_width": 9, "max_width": 9}
    discs = DiscStrokes(**settings).batch(300, (99, 99), generator=seeded())
    squares = SquareStrokes(**settings).batch(300, (99, 99), generator=seeded())
    assert discs.amax(3).sum((1, 2)).max() <= 19 + 4  # five segments of at most a pixel
    assert discs.sum((1, 2, 3)).max() >= math.pi * 9**2
    drawn = squares[squares.sum((1, 2, 3)) > 0].sum((1, 2, 3))
    assert drawn.mode().values == 64


def test_widths_and_lengths_reach_both_ends() -> None:
    sampler = Strokes(
        min_times=1, max_times=1, min_width=2, max_width=4, min_len=20, max_len=22, max_angle=0
    )
    random = Random(seeded())
    _, start, end, width = sampler._segments(300, (999, 999), random)  # noqa: SLF001
    assert set(width.tolist()) == {2, 3, 4}
    inside = ((end > 0) & (end < 998)).all(1)  # those that do not end at the border
    dy = (end - start)[inside, 1]  # rounded towards 0 from length * cos(0.01)
    assert set(dy.tolist()) == {19, 20, 21}


def test_directions_are_whole_radians_and_mirrored_in_every_other_stroke() -> None:
    """Angle 0.01 + k, with k from 0 to ``max_angle``, negated in the first stroke, the third, ..."""
    for most in (0, 2):
        sampler = Strokes(
            min_times=2, max_times=2, max_width=5, min_len=400, max_len=400, max_angle=most
        )
        _, start, end, _ = sampler._segments(200, (9999, 9999), Random(seeded()))  # noqa: SLF001
        dx, dy = (end - start).unbind(1)
        clear = ((end > 0) & (end < 9998)).all(1)
        angles = torch.atan2(dx.double(), dy.double())[clear]
        expected = torch.tensor([sign * (0.01 + k) for sign in (1, -1) for k in range(most + 1)])
        distance = (angles[:, None] - expected).abs()
        assert distance.amin(1).max() < 0.006
        assert set(distance.argmin(1).tolist()) == set(range(2 * most + 2))


def test_the_first_stroke_turns_the_negative_way() -> None:
    sampler = Strokes(min_times=1, max_times=1, max_width=5, min_len=400, max_len=400, max_angle=2)
    _, start, end, _ = sampler._segments(200, (9999, 9999), Random(seeded()))  # noqa: SLF001
    assert ((end - start)[:, 0] <= 0).all()  # sin(-(0.01 + k)) < 0 for k = 0, 1, 2
