"""The sliced Wasserstein distance against distances worked out another way."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit._wasserstein import sliced_wasserstein_unchecked
from tests.helpers import seeded

AXES = torch.eye(2, dtype=torch.float64)


@given(n=st.integers(1, 9), m=st.integers(1, 9), seed=st.integers(0, 99))
def test_is_the_integral_over_quantiles(n: int, m: int, seed: int) -> None:
    first = torch.rand(n, 2, generator=seeded(seed), dtype=torch.float64)
    second = torch.rand(m, 2, generator=seeded(seed + 1), dtype=torch.float64)
    places = (torch.arange(n * m) + 0.5) / (n * m)  # the middle of pieces where both are constant
    ours = first.sort(dim=0).values[(places * n).long()]
    theirs = second.sort(dim=0).values[(places * m).long()]
    expected = (ours - theirs).square().mean()
    torch.testing.assert_close(sliced_wasserstein_unchecked(first, second, AXES), expected)


def test_the_order_of_points_does_not_count() -> None:
    points = torch.rand(20, 2, generator=seeded(), dtype=torch.float64)
    assert sliced_wasserstein_unchecked(points.flip(0), points, AXES) == 0
    assert sliced_wasserstein_unchecked(points.flip(1), points, AXES) > 0


def test_precision_under_autocast() -> None:
    points = torch.full((16, 2), 0.5)
    with torch.autocast("cpu", torch.bfloat16):
        found = sliced_wasserstein_unchecked(points, points + 0.002, AXES)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(4e-6, rel=1e-3)


def test_empty_sets() -> None:
    assert sliced_wasserstein_unchecked(AXES[:0], AXES[:0], AXES).isnan()
