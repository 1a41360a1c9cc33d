"""Resizing: sizes that fit, and nothing of the hole in a smaller copy."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.images.resizing import downsample, fit_pixels, fit_side, resize, upsample
from tests.images.samples import random_pair

sides = st.integers(1, 40)


@given(height=st.integers(1, 999), width=st.integers(1, 999), limit=st.integers(1, 2000))
def test_fitting_sizes(height: int, width: int, limit: int) -> None:
    assert max(fit_side((height, width), limit)) == min(limit, max(height, width))
    fitted = fit_pixels((height, width), limit)
    assert fitted[0] * fitted[1] <= max(limit, *fitted)  # a side is at least one pixel
    if height * width <= limit:
        assert fitted == (height, width)


@given(height=sides, width=sides, to=st.tuples(sides, sides))
def test_nothing_of_the_hole_leaks_into_a_copy(
    height: int, width: int, to: tuple[int, int]
) -> None:
    image, mask = random_pair(height, width, share=0.1)
    copies = [downsample(torch.where(mask > 0, value, image), mask, to) for value in (0.0, 9.0)]
    assert torch.equal(copies[0][0], copies[1][0])
    small, missing = copies[0]
    assert set(missing.unique().tolist()) <= {0, 1}
    full, _ = downsample(torch.where(mask > 0, 2.0, image * 0 + 1), torch.zeros_like(mask), to)
    known = (missing == 0).expand_as(full)
    torch.testing.assert_close(full[known], torch.ones(int(known.sum())))
    assert (small[(missing > 0).expand_as(small)] == 0).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@given(height=st.integers(1, 200), width=st.integers(1, 200))
def test_the_same_size_changes_nothing(dtype: torch.dtype, *, height: int, width: int) -> None:
    """Inpainting at a smaller size relies on it where the image is small already."""
    image, mask = random_pair(height, width, dtype=dtype)
    size = height, width
    assert torch.equal(resize(image, size), image.to(torch.promote_types(dtype, torch.float32)))
    assert torch.equal(upsample(image, size), image)
    small, missing = downsample(image, mask, size)
    assert torch.equal(small, image * (1 - mask))
    assert torch.equal(missing, mask)


def test_a_thin_hole_survives_downsampling_in_half_precision() -> None:
    mask = torch.zeros(1, 1, 400, 400, dtype=torch.bfloat16)
    mask[..., 200, 200] = 1
    _, missing = downsample(torch.zeros(1, 3, 400, 400, dtype=torch.bfloat16), mask, (7, 7))
    assert missing.sum() >= 1
