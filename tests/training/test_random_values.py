"""Random numbers one at a time."""

from __future__ import annotations

import torch

from lamakit.training.random_values import (
    below,
    happens,
    log_uniform,
    normals,
    uniform,
    uniforms,
)
from tests.helpers import seeded


def test_ranges() -> None:
    generator = seeded()
    linear = torch.tensor([uniform(2, 6, generator) for _ in range(500)])
    assert 2 <= linear.min() < 2.1
    assert 5.9 < linear.max() <= 6
    assert abs(float(linear.mean()) - 4) < 0.2
    logarithmic = torch.tensor([log_uniform(1, 16, generator) for _ in range(500)])
    assert 1 <= logarithmic.min() < 1.1
    assert 15 < logarithmic.max() <= 16.001
    assert abs(float(logarithmic.median()) - 4) < 0.8
    assert {below(3, generator) for _ in range(50)} == {0, 1, 2}


def test_probabilities() -> None:
    generator = seeded()
    assert 0.2 < sum(happens(0.3, generator) for _ in range(500)) / 500 < 0.4
    assert not any(happens(0, generator) for _ in range(100))
    assert all(happens(1, generator) for _ in range(100))


def test_many_at_once() -> None:
    assert uniforms((2, 3), seeded()).shape == (2, 3)
    assert abs(float(normals((1000,), seeded()).std()) - 1) < 0.1
    assert torch.equal(normals((20,), seeded()), normals((20,), seeded()))
