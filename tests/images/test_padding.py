"""Padding fits and is undone by cropping."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.images import crop_to_size, pad_to_multiple
from tests.images.samples import random_pair

sides = st.integers(1, 40)


@given(height=sides, width=sides, multiple=st.integers(1, 16), min_size=sides)
def test_padding_fits_and_inverts(height: int, width: int, multiple: int, min_size: int) -> None:
    image, _ = random_pair(height, width)
    padded = pad_to_multiple(image, multiple, min_size=min_size)
    for side, old in zip(padded.shape[2:], (height, width), strict=True):
        assert side % multiple == 0
        assert max(old, min_size) <= side < max(old, min_size) + multiple
    assert torch.equal(crop_to_size(padded, (height, width)), image)


def test_padding_reflects_and_else_repeats() -> None:
    row = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    assert pad_to_multiple(row, 5)[0, 0, 0].tolist() == [1, 2, 3, 2, 1]
    assert pad_to_multiple(row, 6)[0, 0, 0].tolist() == [1, 2, 3, 3, 3, 3]
    assert pad_to_multiple(row, 5)[0, 0].shape == (5, 5)


def test_bad_arguments() -> None:
    image, _ = random_pair(8, 8)
    with pytest.raises(ValueError, match="image must be at least 9x8 to be cropped to it, got 8x8"):
        crop_to_size(image, (9, 8))
    with pytest.raises(TypeError, match=r"size must be a pair \(H, W\), got 8"):
        crop_to_size(image, 8)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="multiple must be at least 1, got 0"):
        pad_to_multiple(image, 0)
    with pytest.raises(ValueError, match="min_size must be at least 1, got 0"):
        pad_to_multiple(image, 8, min_size=0)
    with pytest.raises(ValueError, match=r"image must have shape \(B, C, H, W\), got \(3, 8, 8\)"):
        pad_to_multiple(image[0], 8)
