"""The square crop around a mask is where the published rule puts it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lamakit.masks import (
    square_crop,
)
from tests.helpers import seeded


@given(
    length=st.integers(1, 60),
    side=st.integers(1, 60),
    extent=st.tuples(st.integers(0, 59), st.integers(0, 59)),
    seed=st.integers(0, 2**32 - 1),
    tall=st.booleans(),
)
def test_the_start_is_within_the_published_bounds(
    length: int, side: int, extent: tuple[int, int], seed: int, tall: bool
) -> None:
    side, length = sorted((side, length))
    first, last = sorted(min(place, length - 1) for place in extent)
    mask = torch.zeros(1, side, length)
    mask[:, 0, [first, last]] = 0.3
    if tall:
        mask = mask.transpose(1, 2)
    rows, columns = square_crop(mask, generator=seeded(seed))
    assert mask[:, rows, columns].shape == (1, side, side)
    part = rows if tall else columns
    assert (columns if tall else rows) == slice(0, side)
    width = last - first  # the published rule: a start in [low, end)
    low = max(0, min(length - side - 1, first + width / 2 - side))
    end = max(low + 1, min(length - side, first + width / 2))
    assert low <= part.start < end
    assert part.stop <= length


def test_starts_are_those_of_the_rule_and_all_are_drawn() -> None:
    mask = torch.zeros(1, 10, 40)
    mask[:, :, 12:21] = 1  # extent 12 to 20: starts from 6 up to, not including, 16
    generator = seeded()
    starts = {square_crop(mask, generator=generator)[1].start for _ in range(400)}
    assert starts == set(range(6, 16))
    mask = torch.zeros(1, 10, 40)
    mask[:, :, 38:] = 1  # at the border, the last place is left out
    assert {square_crop(mask, generator=generator)[1].start for _ in range(200)} == {29}


def test_an_empty_mask_and_a_square_image() -> None:
    generator = seeded()
    starts = {square_crop(torch.zeros(1, 4, 12), generator=generator)[1].start for _ in range(400)}
    assert starts == set(range(9))
    assert square_crop(torch.ones(1, 7, 7)) == (slice(0, 7), slice(0, 7))


def test_bad_masks() -> None:
    with pytest.raises(ValueError, match=r"mask must be one mask, \(1, H, W\), got 2 of 4x4"):
        square_crop(torch.zeros(2, 1, 4, 4))
    with pytest.raises(ValueError, match=r"at least one pixel, got shape .1, 0, 4."):
        square_crop(torch.zeros(1, 0, 4))
    with pytest.raises(ValueError, match=r"mask must have shape \(H, W\), .* got \(4,\)"):
        square_crop(torch.zeros(4))
    with pytest.raises(TypeError, match=r"mask must be a torch.Tensor, .* got int"):
        square_crop(3)  # type: ignore[arg-type]


def test_a_mask_in_any_form() -> None:
    mask = torch.zeros(1, 10, 40)
    mask[:, 2:5, 12:21] = 1
    grey = (mask[0] * 255).byte().numpy()
    expected = square_crop(mask, generator=seeded())
    for same in (mask[0], mask[None], mask > 0, grey, Image.fromarray(grey)):
        assert square_crop(same, generator=seeded()) == expected
