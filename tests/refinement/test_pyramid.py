"""Scales that halve, and holes that only grow."""

from __future__ import annotations

from itertools import pairwise

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lamakit.refinement import refine
from lamakit.refinement.pyramid import build_pyramid, halve
from tests.refinement.samples import image_and_hole


@given(height=st.integers(3, 90), width=st.integers(3, 90), min_side=st.integers(2, 40))
@settings(max_examples=30)
def test_pyramids_halve_and_holes_only_grow(height: int, width: int, min_side: int) -> None:
    image, _ = image_and_hole(height, width)
    hole = torch.zeros(1, 1, height, width)
    hole[..., height // 2, width // 2] = 1
    levels = build_pyramid(image, hole, min_side=min_side, max_scales=3)
    assert 1 <= len(levels) <= 3
    for coarse, fine in pairwise(levels):
        assert coarse.image.shape[2] == fine.image.shape[2] // 2
        assert coarse.image.shape[3] == fine.image.shape[3] // 2
        # A pixel of the coarser scale that a missing pixel contributes to is missing.
        touched = (
            halve(torch.where(fine.mask > 0, torch.nan, fine.image)).isnan().any(1, keepdim=True)
        )
        assert (coarse.mask[touched] == 1).all()
        assert torch.equal(coarse.image * coarse.mask, torch.zeros_like(coarse.image))


def test_tiny_sides_are_halved_no_further_than_the_blur_reaches() -> None:
    result = refine(
        lambda x: x[:, :3],
        torch.rand(1, 3, 23, 23),
        torch.ones(1, 1, 23, 23),
        split=(lambda x: x[:, :3], lambda z: z),
        min_side=2,
        max_scales=6,
        iterations=2,
    )
    assert result.shape == (1, 3, 23, 23)


def test_the_number_of_scales() -> None:
    image, mask = image_and_hole(100, 130)
    for min_side, max_scales, sizes in [
        (100, 3, [100]),
        (51, 3, [50, 100]),
        (20, 3, [25, 50, 100]),
        (20, 2, [50, 100]),
    ]:
        levels = build_pyramid(image, mask, min_side=min_side, max_scales=max_scales)
        assert [level.image.shape[2] for level in levels] == sizes
