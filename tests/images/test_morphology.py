"""Dilation by whole pixels."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.images import dilate


@given(pixels=st.integers(0, 6), y=st.integers(0, 9), x=st.integers(0, 11))
def test_a_pixel_becomes_a_square(pixels: int, y: int, x: int) -> None:
    mask = torch.zeros(2, 1, 10, 12)
    mask[1, 0, y, x] = 1
    empty, grown = dilate(mask, pixels)[:, 0]
    rows, columns = torch.arange(10)[:, None], torch.arange(12)
    assert torch.equal(grown > 0, ((rows - y).abs() <= pixels) & ((columns - x).abs() <= pixels))
    assert not empty.any()


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="pixels must be at least 0, got -1"):
        dilate(torch.zeros(1, 1, 4, 4), -1)
    with pytest.raises(ValueError, match=r"mask must have shape \(B, 1, H, W\), got \(1, 3, 4, 4"):
        dilate(torch.zeros(1, 3, 4, 4), 1)
    with pytest.raises(TypeError, match=r"mask must be a floating-point tensor, got torch\.bool"):
        dilate(torch.zeros(1, 1, 4, 4, dtype=torch.bool), 1)
