"""Connected holes: boxes around regions, diagonals included."""

from __future__ import annotations

import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.images import Box, connected_holes
from tests.images.samples import random_pair


def test_regions_that_touch_at_a_corner_are_one() -> None:
    mask = torch.tensor([[1.0, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0], [0, 1, 1, 0]])[None, None]
    expected = [Box(0, 0, 2, 2), Box(0, 3, 2, 4), Box(3, 1, 4, 3)]
    assert connected_holes(mask) == [expected]
    assert [box.size for box in expected] == [(2, 2), (2, 1), (1, 2)]


def test_each_mask_of_a_batch_on_its_own() -> None:
    masks = torch.zeros(3, 1, 4, 5)
    masks[0] = 1e-8  # any value above 0 is missing
    masks[2, 0, 1, 2] = 1
    assert connected_holes(masks) == [[Box(0, 0, 4, 5)], [], [Box(1, 2, 2, 3)]]


@given(height=st.integers(1, 12), width=st.integers(1, 12), seed=st.integers(0, 99))
def test_boxes_are_tight_and_hold_every_missing_pixel(height: int, width: int, seed: int) -> None:
    _, mask = random_pair(height, width, share=0.2, seed=seed)
    for missing, boxes in zip(mask[:, 0], connected_holes(mask), strict=True):
        inside = torch.zeros_like(missing)
        for top, left, bottom, right in boxes:
            part = missing[top:bottom, left:right]
            assert part.any(dim=1)[[0, -1]].all()
            assert part.any(dim=0)[[0, -1]].all()
            inside[top:bottom, left:right] = 1
        assert (inside[missing > 0] == 1).all()


def test_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(
        ImportError, match=r"connected_holes needs scipy: pip install 'lamakit\[io\]'"
    ):
        connected_holes(torch.zeros(1, 1, 4, 4))


def test_bad_masks() -> None:
    with pytest.raises(ValueError, match=r"mask must have shape \(B, 1, H, W\), got \(4, 4\)"):
        connected_holes(torch.zeros(4, 4))
