"""The sliced Wasserstein loss of sets whose distance is known."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.losses import SlicedWassersteinLoss, sliced_wasserstein_loss
from tests.helpers import seeded
from tests.losses.inputs import rand, seeds


@given(n=st.integers(1, 12), m=st.integers(1, 12), seed=seeds)
def test_sets_of_different_sizes(n: int, m: int, seed: int) -> None:
    """The same as if each point were repeated until both sets are as large."""
    first, second = rand(n, 3, seed=seed), rand(m, 3, seed=seed + 1)
    size = math.lcm(n, m)
    repeated = [points.repeat(size // len(points), 1) for points in (first, second)]
    found, expected = (
        sliced_wasserstein_loss(*pair, generator=seeded(seed))
        for pair in ((first, second), repeated)
    )
    torch.testing.assert_close(found, expected)


def test_of_a_shift() -> None:
    """Along a direction, the shift's share of it; over all, a third in three dimensions."""
    points, shift = rand(50, 3), torch.tensor([0.3, 0.0, 0.0])
    found = sliced_wasserstein_loss(points, points + shift, num_directions=4000, generator=seeded())
    assert found.item() == pytest.approx(0.09 / 3, rel=0.05)


def test_empty_sets() -> None:
    points = torch.rand(4, 3, requires_grad=True)
    for pair in ((points, torch.zeros(0, 3)), (points[:0], torch.rand(4, 3))):
        loss = sliced_wasserstein_loss(*pair)
        (gradient,) = torch.autograd.grad(loss, points)
        assert loss == 0
        assert not gradient.any()


def test_same_seed_same_directions() -> None:
    first, second = torch.rand(2, 9, 3)
    loss = SlicedWassersteinLoss(num_directions=3)
    found = [loss(first, second, seeded(seed)) for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]


def test_points_of_other_dimensions() -> None:
    with pytest.raises(ValueError, match=r"shapes \(N, D\) and \(M, D\), got \(4, 3\)"):
        sliced_wasserstein_loss(torch.zeros(4, 3), torch.zeros(4, 2))


def test_no_directions() -> None:
    with pytest.raises(ValueError, match="num_directions must be at least 1, got 0"):
        SlicedWassersteinLoss(num_directions=0)
