"""The distance of colours is one of their distributions, wherever the colours are."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.metrics import color_wasserstein
from tests.helpers import seeded
from tests.metrics.inputs import random_images

seeds = st.integers(0, 1000)


@given(seeds)
def test_the_place_of_a_colour_does_not_count(seed: int) -> None:
    image, mask = random_images(seed, 1, 3, 6, 7), torch.ones(1, 1, 6, 7)
    order = torch.randperm(42, generator=seeded(seed))
    shuffled = image.flatten(2)[..., order].view_as(image)
    assert color_wasserstein(shuffled, image, mask).item() == pytest.approx(0, abs=1e-6)


@given(seeds)
def test_a_shift_counts_alike_in_every_direction(seed: int) -> None:
    image, mask = random_images(seed, 1, 3, 6, 7), torch.ones(1, 1, 6, 7)
    shift = random_images(seed + 1, 3, 1, 1) - 0.5
    found = color_wasserstein(image + shift, image, mask)
    assert found.item() == pytest.approx(shift.square().mean().sqrt().item(), rel=1e-3)


def test_it_leaves_random_numbers_alone() -> None:
    image, mask = random_images(0, 1, 3, 4, 4), torch.ones(1, 1, 4, 4)
    state = torch.get_rng_state()
    color_wasserstein(image, image.flip(1), mask)
    assert torch.equal(torch.get_rng_state(), state)


def test_colours_are_measured_in_full_precision_under_autocast() -> None:
    image, region = torch.full((1, 3, 16, 16), 0.5), torch.ones(1, 1, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        distance = color_wasserstein(image + 0.002, image, region)
    assert distance.dtype == torch.float32
    assert float(distance) == pytest.approx(0.002, rel=1e-3)


def test_bad_arguments() -> None:
    image, mask = torch.rand(1, 3, 4, 4), torch.ones(1, 1, 4, 4)
    with pytest.raises(ValueError, match="num_bases must be at least 1, got 0"):
        color_wasserstein(image, image, mask, num_bases=0)
    with pytest.raises(TypeError, match="num_bases must be an int"):
        color_wasserstein(image, image, mask, num_bases=1.5)  # type: ignore[arg-type]
