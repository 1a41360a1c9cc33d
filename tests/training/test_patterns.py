"""Periodic patterns: repeated, in range, and calm where pixels are wider than cells."""

from __future__ import annotations

import pytest
import torch

from lamakit.training import patterns
from lamakit.training.patterns import Places, draw_pattern
from tests.helpers import seeded

SEEDS = range(40)


def wall(size: int, cells: float, width: float | None = None) -> Places:
    line = (torch.arange(size) + 0.5) * cells / size
    pixel = torch.full((size, size), cells / size if width is None else width)
    return Places(line.expand(size, size), line[:, None].expand(size, size), pixel)


def test_patterns_are_in_range_and_varied() -> None:
    drawn = [draw_pattern(wall(48, 5), seeded(seed)) for seed in SEEDS]
    for pattern in drawn:
        assert pattern.shape == (48, 48)
        assert pattern.min() >= 0
        assert pattern.max() <= 1
        assert pattern.std() > 0.02
    assert (
        len({round(float(pattern.mean()), 5) for pattern in drawn}) > 30
    )  # waves have no random numbers


def test_patterns_repeat() -> None:
    # The shades of cells come again after 32 of them. Rows are shifted by 0, 1/2 or 1/3 of a brick
    # each: after 192 rows, by a multiple of 32 bricks.
    places = wall(32, 4)
    moved = Places(places.u, places.v + 192, places.width)
    for seed in SEEDS:
        first, second = (draw_pattern(p, seeded(seed)) for p in (places, moved))
        assert (first - second).abs().mean() < 0.01


def test_patterns_fade_where_they_cannot_be_seen() -> None:
    for seed in SEEDS:
        pattern = draw_pattern(wall(32, 40, width=1.2), seeded(seed))
        assert torch.equal(pattern, torch.full_like(pattern, 0.5))


@pytest.mark.parametrize("name", ["_stripes", "_checks", "_bricks", "_dots", "_lattice"])
def test_edges_are_antialiased(name: str) -> None:
    pattern = getattr(patterns, name)(wall(256, 4), seeded(2))
    # From one pixel to the next, an edge takes at most a pixel's share of the way and no more.
    steps = torch.cat([pattern.diff(dim=0).flatten(), pattern.diff(dim=1).flatten()]).abs()
    assert (steps > 0.95).float().mean() < 0.02
    assert ((pattern > 0.02) & (pattern < 0.98)).any()
