"""Holes that grow during training."""

from __future__ import annotations

import pytest

from lamakit.masks import (
    AreaBounds,
    Boxes,
    EveryNLines,
    OneOf,
    Ramp,
    Strokes,
    UnionOf,
)

STROKES = Strokes(min_times=2, max_times=13, max_width=44, max_len=109)


BOXES = Boxes(min_times=1, max_times=4, min_size=30, max_size=150, margin=10)


def test_a_ramp_reaches_every_depth_and_nothing_else() -> None:
    mixture = OneOf((AreaBounds(STROKES, max_area=0.5), UnionOf((BOXES, EveryNLines()))))
    ramp = Ramp(mixture, start_step=100, end_step=300)
    half = OneOf(
        (
            AreaBounds(Strokes(min_times=2, max_times=8, max_width=24, max_len=59), max_area=0.5),
            UnionOf(
                (
                    Boxes(min_times=1, max_times=2, min_size=30, max_size=75, margin=10),
                    EveryNLines(),
                )
            ),
        )
    )
    assert ramp.at(200) == half
    assert ramp.at(300) == ramp.at(10**9) == mixture


def test_a_ramp_starts_small_and_may_go_in_steps() -> None:
    plain = Ramp(sampler=STROKES, start_step=0, end_step=100)
    assert plain.at(0) == Strokes(min_times=2, max_times=3, max_width=5, max_len=10)
    stepped = Ramp(sampler=STROKES, start_step=0, end_step=100, start=0.5, levels=2)
    assert stepped.at(0) == stepped.at(49) == plain.at(50)
    assert stepped.at(50) == stepped.at(99) == plain.at(75)
    assert stepped.at(100) == STROKES
    boxes = Ramp(
        sampler=Boxes(min_times=0, max_times=4, min_size=9, max_size=99), start_step=0, end_step=9
    )
    assert boxes.at(0) == Boxes(min_times=0, max_times=1, min_size=9, max_size=9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"end_step": 0}, "end_step must be at least 1, got 0"),
        ({"start_step": -1}, "start_step must be at least 0, got -1"),
        ({"start": 2.0}, "start must lie between 0 and 1, got 2.0"),
        ({"levels": 0}, "levels must be at least 1, got 0"),
        ({"sampler": 3}, "sampler must be a mask sampler"),
    ],
)
def test_bad_ramps(arguments: dict[str, int], message: str) -> None:
    settings = {"sampler": STROKES, "start_step": 0, "end_step": 10} | arguments
    with pytest.raises((ValueError, TypeError), match=message):
        Ramp(**settings)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="step must be at least 0, got -1"):
        Ramp(sampler=STROKES, start_step=0, end_step=10).at(-1)


def test_a_ramp_is_safe_against_rounding() -> None:
    boxes = Boxes(min_times=1, max_times=101, min_size=1, max_size=100)
    for levels in (None, 100):
        ramp = Ramp(sampler=boxes, start_step=0, end_step=100, levels=levels)
        at = ramp.at(29)  # 100 * 0.29 is a little less than 29 in floating point
        assert isinstance(at, Boxes)
        assert (at.max_times, at.max_size) == (30, 29)


def test_a_fixed_number_of_strokes_stays() -> None:
    fixed = Strokes(min_times=3, max_times=3, max_width=5, max_len=10)
    ramp = Ramp(sampler=fixed, start_step=0, end_step=10)
    assert [ramp.at(step) for step in (0, 3, 10)] == [fixed] * 3
