"""Inverted, dilated and bounded masks."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks import (
    AreaBounds,
    Completion,
    Dilated,
    EveryNLines,
    FromMasks,
    Inverted,
    MaskStack,
    thick,
)
from tests.contract.mask_cases import SAMPLERS
from tests.helpers import seeded

SIZE = (40, 56)


names = st.sampled_from(sorted(SAMPLERS))


seeds = st.integers(0, 2**32 - 1)


@given(low=st.floats(0, 0.6), span=st.floats(0.05, 0.4), seed=seeds)
def test_area_bounds_hold(low: float, span: float, seed: int) -> None:
    anything = Completion(min_part=0, max_part=1)
    sampler = AreaBounds(anything, min_area=low, max_area=low + span, max_tries=1000)
    areas = sampler.batch(15, (50, 50), generator=seeded(seed)).double().mean((1, 2, 3))
    assert areas.min() >= low
    assert areas.max() <= low + span


def test_area_bounds_draw_again_only_what_is_out_of_bounds() -> None:
    plain = thick(64).batch(50, (64, 64), generator=seeded())
    bounded = AreaBounds(thick(64), max_area=0.5).batch(50, (64, 64), generator=seeded())
    kept = plain.mean((1, 2, 3)) <= 0.5
    assert 0 < kept.sum() < 50
    assert torch.equal(bounded[kept], plain[kept])


def test_area_bounds_that_never_hold_end_with_the_areas_seen() -> None:
    lines = EveryNLines(steps=(2, 4))
    with pytest.raises(ValueError, match=r"from 0.6 to 1.0 in 7 tries: areas from 0.250 to 0.500"):
        AreaBounds(lines, min_area=0.6, max_tries=7).batch(9, (64, 64), generator=seeded())
    with pytest.raises(ValueError, match=r"1 of 1 masks of 64x64 pixels .* widen the bounds"):
        AreaBounds(lines, min_area=0.6)((64, 64))


@pytest.mark.filterwarnings("ignore:an image of .* is too small for strokes")
@given(name=names, seed=seeds)
def test_inverting_twice_changes_nothing(name: str, seed: int) -> None:
    sampler = SAMPLERS[name]
    once, twice = Inverted(sampler), Inverted(Inverted(sampler))
    masks = sampler.batch(3, SIZE, generator=seeded(seed))
    assert torch.equal(once.batch(3, SIZE, generator=seeded(seed)), 1 - masks)
    assert torch.equal(twice.batch(3, SIZE, generator=seeded(seed)), masks)


@given(pixels=st.integers(0, 6), row=st.integers(0, 19), column=st.integers(0, 29))
def test_a_dilated_pixel_is_a_square(pixels: int, row: int, column: int) -> None:
    dot = torch.zeros(1, 20, 30)
    dot[0, row, column] = 1
    mask = Dilated(FromMasks(MaskStack.of(dot), flip=False), pixels=pixels)((20, 30))[0]
    y, x = torch.meshgrid(torch.arange(20), torch.arange(30), indexing="ij")
    assert torch.equal(mask > 0, torch.maximum((y - row).abs(), (x - column).abs()) <= pixels)
