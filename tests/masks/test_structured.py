"""Bands, sides and squares are where they say."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks import (
    Completion,
    Expand,
    Outpainting,
)
from tests.helpers import seeded

sides = st.integers(1, 40)


@given(height=sides, width=sides)
def test_outpainting_leaves_a_box_known(height: int, width: int) -> None:
    masks = Outpainting().batch(50, (height, width), generator=seeded())
    known = 1 - masks
    box = known.amax(3, keepdim=True) * known.amax(2, keepdim=True)
    assert torch.equal(known, box)
    assert masks.amax((1, 2, 3)).min() == 1  # some side always has a band


def test_outpainting_bands_are_fractions_of_their_own_axis() -> None:
    masks = Outpainting().batch(1000, (200, 400), generator=seeded())[:, 0]
    rows, columns = masks.amin(2), masks.amin(1)
    top = rows.cumprod(1).sum(1)
    left = columns.cumprod(1).sum(1)
    whole = (rows.mean(1) < 1) & (columns.mean(1) < 1)
    for band, side in ((top, 200), (left, 400)):
        fractions = band[whole & (band > 0)] / side
        assert 0.035 <= fractions.min() < 0.05
        assert 0.24 < fractions.max() < 0.25
    # One of two with the other sides' help: 1/2, and 1/4 of the 1/16 where none fires.
    assert (top > 0).float().mean() == pytest.approx(0.5 + 1 / 64, abs=0.02)


def test_completion_takes_each_side_and_its_part() -> None:
    masks = Completion().batch(2000, (100, 200), generator=seeded())[:, 0]
    areas = masks.mean((1, 2))
    assert 0.19 <= areas.min() < 0.21
    assert 0.78 < areas.max() <= 0.8
    corners = masks[:, [0, 0, -1, -1], [0, -1, 0, -1]].long()
    sides = {tuple(corner) for corner in corners.tolist()}
    assert sides == {(1, 1, 0, 0), (0, 0, 1, 1), (1, 0, 1, 0), (0, 1, 0, 1)}


def test_expand_keeps_an_even_centred_square() -> None:
    masks = Expand(reverse_probability=0).batch(300, (51, 80), generator=seeded())
    known = (1 - masks).sum((1, 2, 3)).sqrt()
    assert set(known.tolist()) == {12, 16, 24}
    assert torch.equal(masks, masks.flip(-1))
    reverse = Expand(reverse_probability=1).batch(300, (51, 80), generator=seeded())
    assert torch.equal(reverse, 1 - masks)
    assert Expand().batch(300, (51, 80), generator=seeded())[:, 0, 0, 0].all()  # never by default
    half = Expand(reverse_probability=0.5)
    both = half.batch(1000, (51, 80), generator=seeded())[:, 0, 0, 0]
    assert both.mean() == pytest.approx(0.5, abs=0.05)
