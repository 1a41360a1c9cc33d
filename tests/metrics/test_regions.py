"""Regions are the pixels that their names say, and restrict_to chooses them for a metric."""

from __future__ import annotations

import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.metrics import (
    known_pixels,
    l1,
    missing_pixels,
    restrict_to,
    ring_around_hole,
    whole_image,
)
from lamakit.metrics.regions import Region
from tests.metrics.inputs import box_masks, random_images, random_mask

sizes = st.tuples(st.integers(1, 20), st.integers(1, 20))
seeds = st.integers(0, 1000)
each_region = pytest.mark.parametrize(
    "region", [missing_pixels, known_pixels, whole_image, ring_around_hole(2)]
)


@given(seeds, sizes)
def test_missing_and_known_pixels_make_up_the_image(seed: int, size: tuple[int, int]) -> None:
    mask = random_mask(seed, 2, 1, *size)
    assert torch.equal(missing_pixels(mask), mask)
    assert torch.equal(missing_pixels(mask / 2), mask)
    assert torch.equal(missing_pixels(mask) + known_pixels(mask), whole_image(mask))
    assert whole_image(mask).min() == 1


@given(seeds, sizes, st.integers(1, 4))
def test_a_ring_holds_the_known_pixels_near_the_hole(
    seed: int, size: tuple[int, int], width: int
) -> None:
    mask = (random_images(seed, 1, 1, *size) > 0.9).float()
    missing = mask[0, 0].nonzero().tolist()
    expected = torch.zeros(size)
    for row in range(size[0]):
        for column in range(size[1]):
            near = any(max(abs(row - r), abs(column - c)) <= width for r, c in missing)
            expected[row, column] = near and [row, column] not in missing
    assert torch.equal(ring_around_hole(width)(mask)[0, 0], expected)


@each_region
def test_restrict_to_chooses_the_region(region: Region) -> None:
    x, y = random_images(0, 2, 3, 9, 9), random_images(1, 2, 3, 9, 9)
    mask = box_masks(2, (9, 9))
    assert torch.equal(restrict_to(region, l1)(x, y, mask), l1(x, y, region(mask)))


@each_region
def test_they_can_be_pickled(region: Region) -> None:
    x, y = random_images(0, 2, 3, 9, 9), random_images(1, 2, 3, 9, 9)
    mask, metric = box_masks(2, (9, 9)), restrict_to(region, l1)
    assert torch.equal(pickle.loads(pickle.dumps(metric))(x, y, mask), metric(x, y, mask))


@each_region
def test_regions_keep_the_dtype(region: Region) -> None:
    assert region(box_masks(2).half()).dtype == torch.float16


@each_region
def test_regions_refuse_what_is_no_mask(region: Region) -> None:
    with pytest.raises(ValueError, match=r"mask must have shape \(B, 1, H, W\)"):
        region(torch.ones(3, 3))
    with pytest.raises(TypeError, match="mask must be a floating-point tensor"):
        region(torch.ones(1, 1, 3, 3, dtype=torch.bool))


def test_a_ring_has_a_width() -> None:
    with pytest.raises(ValueError, match="width must be at least 1, got 0"):
        ring_around_hole(0)
    with pytest.raises(TypeError, match="width must be an int"):
        ring_around_hole(1.5)  # type: ignore[arg-type]
