"""Overlaps of a shape with a region are counted for every place."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks.runs import Region


@given(seed=st.integers(0, 2**32 - 1))
def test_overlaps_are_counted_for_every_place(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = random.random((5, 4)) < 0.5
    mask = random.random((6, 9)) < 0.5
    region = Region(2, 3, mask, margin=5)
    image = np.zeros((20, 40), dtype=bool)
    image[2 + 4 : 8 + 4, 3 + 14 : 12 + 14] = mask  # with four rows and 14 columns beside
    for top in range(-2, 9):
        lefts = range(-6, 16)  # beside the region, too
        expected = [
            (image[top + 4 : top + 9, left + 14 : left + 18] & shape).sum() for left in lefts
        ]
        assert region.overlaps(shape, top, lefts).tolist() == expected
        assert [region.overlap_at(shape, top, left) for left in lefts] == expected
