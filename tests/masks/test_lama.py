"""LaMa's presets have the published settings and areas, and scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lamakit.masks import (
    Boxes,
    MaskSampler,
    OneOf,
    Strokes,
    big_lama_training,
    deepfill_like,
    lama_training,
    medium,
    thick,
    thin,
)
from tests.helpers import seeded


@pytest.mark.filterwarnings("ignore:an image of .* is too small for strokes")
@pytest.mark.parametrize("preset", [lama_training, big_lama_training])
def test_training_masks_of_small_crops(preset: Callable[..., MaskSampler]) -> None:
    """The published lengths cover small crops whole, as the table says; scaled ones never do."""
    for side, share in ((32, 0.48), (64, 0.32), (96, 0.14), (128, 0.03), (256, 0)):
        masks = preset().batch(1000 if side < 256 else 100, (side, side), generator=seeded())
        whole = (masks.mean((1, 2, 3)) == 1).double().mean()
        assert float(whole) == pytest.approx(share, abs=0.04)
    areas = [
        preset(side).batch(count, (side, side), generator=seeded()).mean((1, 2, 3))
        for side, count in ((64, 500), (96, 500), (256, 100))
    ]
    assert max(float(area.max()) for area in areas) < 1
    assert max(float(area.mean()) for area in areas) < 0.38


def test_big_lama_has_at_most_three_boxes() -> None:
    base, big = lama_training(), big_lama_training()
    assert base.samplers[0] == big.samplers[0]
    (base_boxes, big_boxes) = base.samplers[1], big.samplers[1]
    assert isinstance(big_boxes, Boxes)
    assert big_boxes.max_times == 3
    assert base_boxes == replace(big_boxes, max_times=4)
    with pytest.raises(ValueError, match="resolution must be at least 1, got 0"):
        big_lama_training(0)


def test_presets_scale_with_the_resolution() -> None:
    assert thin(1024) == Strokes(  # twice the 5 to 24 and the 10 to 109 pixels of thin(512)
        min_times=4, max_times=71, min_width=10, max_width=49, min_len=20, max_len=219
    )
    for preset in (thin, medium, thick):
        areas = [
            float(preset(side).batch(200, (side, side), generator=seeded()).mean())
            for side in (256, 128)
        ]
        assert areas[0] == pytest.approx(areas[1], abs=0.04)


def test_published_settings_become_inclusive_bounds() -> None:
    """A released max_times of 50 draws up to 51 strokes, a max_width of 10 widths from 5 to 14."""
    assert thin(256) == Strokes(
        min_times=4, max_times=51, min_width=5, max_width=14, min_len=10, max_len=49, max_angle=3
    )
    assert thick(256) == OneOf(
        (
            Strokes(min_times=1, max_times=6, max_width=104, max_len=209),
            Boxes(min_times=1, max_times=3, min_size=30, max_size=150, margin=10),
        ),
        weights=(1, 0.3),
    )
    assert deepfill_like() == OneOf(
        (
            Strokes(min_times=4, max_times=13, max_width=44, max_len=89),
            Boxes(min_times=1, max_times=1, min_size=30, max_size=128),
        ),
        weights=(1, 1),
    )


PRESETS = (thin, medium, thick, lama_training, big_lama_training, deepfill_like)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_warn_on_images_that_they_are_too_large_for(
    preset: Callable[[int], MaskSampler],
) -> None:
    sampler = preset(256)
    with pytest.warns(UserWarning, match=r"an image of 48x99 .* such as lama_training\(48\)"):
        sampler.batch(40, (48, 99))
    for resolution in (16, 48, 256):
        preset(resolution).batch(40, (resolution, resolution))  # without a warning


def test_a_warning_comes_before_many_masks_leave_nothing_known() -> None:
    """The share of masks without a known pixel at sizes just above those that warn."""
    for preset, side in ((thin(256), 78), (medium(256), 82), (thick(512), 283)):
        masks = preset.batch(400, (side, side), generator=seeded())
        assert float((masks.mean((1, 2, 3)) == 1).double().mean()) < 0.12
        with pytest.warns(UserWarning, match="is too small for strokes"):
            preset.batch(40, (side - 4, side - 4))


def test_deepfill_like_scales_as_the_others_do() -> None:
    areas = [
        float(deepfill_like(side).batch(200, (side, side), generator=seeded()).mean())
        for side in (256, 64)
    ]
    assert areas[0] == pytest.approx(areas[1], abs=0.04)
