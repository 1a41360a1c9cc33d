"""What combinators make of their parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks import (
    AreaBounds,
    Boxes,
    BySize,
    CentreBox,
    Completion,
    Dilated,
    EveryNLines,
    FromMasks,
    Inverted,
    MaskSampler,
    MaskStack,
    NearestNeighbour,
    OneOf,
    Ramp,
    Strokes,
    UnionOf,
    big_lama_training,
    glama_families,
    glama_general,
    lama_plus,
    lama_training,
    medium,
    thick,
    thin,
)
from tests.contract.mask_cases import SAMPLERS

SIZE = (40, 56)
names = st.sampled_from(sorted(SAMPLERS))
seeds = st.integers(0, 2**32 - 1)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(low=st.floats(0, 0.6), span=st.floats(0.05, 0.4), seed=seeds)
def test_area_bounds_hold(low: float, span: float, seed: int) -> None:
    anything = Completion(min_part=0, max_part=1)
    sampler = AreaBounds(anything, min_area=low, max_area=low + span, max_tries=1000)
    areas = sampler.batch(30, (100, 100), generator=seeded(seed)).double().mean((1, 2, 3))
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


@given(first=names, second=names, seed=seeds)
def test_a_union_contains_its_parts(first: str, second: str, seed: int) -> None:
    parts = SAMPLERS[first], SAMPLERS[second]
    union = UnionOf(parts).batch(4, SIZE, generator=seeded(seed))
    generator = seeded(seed)
    drawn = [part.batch(4, SIZE, generator=generator) for part in parts]
    assert torch.equal(union, torch.maximum(*drawn))


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


def test_one_of_draws_by_weight_and_gives_each_mask_its_own_family() -> None:
    mixture = OneOf((NearestNeighbour(steps=(2,)), CentreBox(area=0.25)), weights=(1, 3))
    areas = mixture.batch(4000, (8, 8), generator=seeded()).mean((1, 2, 3))
    assert set(areas.tolist()) == {0.25, 0.75}
    assert (areas == 0.25).float().mean() == pytest.approx(0.75, abs=0.03)
    never = OneOf((CentreBox(area=0.25), CentreBox(area=1)), weights=(1, 0))
    assert never.batch(200, (8, 8)).mean() == 0.25


def test_by_size_looks_at_the_shorter_side() -> None:
    sampler = BySize(CentreBox(area=0.25), CentreBox(area=1), from_side=16)
    assert [float(sampler(size).mean()) for size in ((15, 99), (99, 14), (16, 16))] == [
        pytest.approx(0.25, abs=0.03),
        pytest.approx(0.25, abs=0.03),
        1,
    ]


FAMILIES = [  # in the order of GLaMa's tables
    "completion",
    "expand",
    "nearest_neighbour",
    "thin_strokes",
    "every_n_lines",
    "medium_strokes",
    "thick_strokes",
]


@pytest.mark.parametrize("size", [(128, 128), (256, 300), (384, 512)])
def test_glama_strokes_leave_half_of_the_image(size: tuple[int, int]) -> None:
    for name, sampler in glama_families().items():
        areas = sampler.batch(60, size, generator=seeded()).mean((1, 2, 3))
        assert not name.endswith("strokes") or areas.max() <= 0.5


def test_glama_draws_seven_families_and_lama_plus_five_of_them() -> None:
    families = glama_families()
    assert list(families) == FAMILIES
    assert glama_general() == OneOf(tuple(families.values()))
    assert lama_plus() == OneOf(tuple(families[name] for name in FAMILIES[2:]))


def test_expand_leaves_a_ninth_of_the_image_or_so() -> None:
    """GLaMa's family is never reversed: a mean area of .86."""
    masks = glama_families()["expand"].batch(600, (64, 64), generator=seeded())
    assert float(masks.mean()) == pytest.approx(0.86, abs=0.01)


@pytest.mark.parametrize("preset", [lama_training, big_lama_training])
def test_training_masks_of_small_crops(preset: Callable[..., MaskSampler]) -> None:
    """The published lengths cover small crops whole, as the table says; scaled ones never do."""
    for side, share in ((32, 0.48), (64, 0.32), (96, 0.14), (128, 0.03), (256, 0)):
        masks = preset().batch(2000, (side, side), generator=seeded())
        whole = (masks.mean((1, 2, 3)) == 1).double().mean()
        assert float(whole) == pytest.approx(share, abs=0.04)
    areas = [
        preset(side).batch(2000, (side, side), generator=seeded()).mean((1, 2, 3))
        for side in (64, 96, 256)
    ]
    assert max(float(area.max()) for area in areas) < 1
    assert max(float(area.mean()) for area in areas) < 0.38


def test_big_lama_has_at_most_three_boxes() -> None:
    base, big = lama_training(), big_lama_training()
    assert isinstance(base, OneOf)
    assert isinstance(big, OneOf)
    assert base.samplers[0] == big.samplers[0]
    (base_boxes, big_boxes) = base.samplers[1], big.samplers[1]
    assert isinstance(big_boxes, Boxes)
    assert big_boxes.max_times == 3
    assert base_boxes == replace(big_boxes, max_times=4)
    with pytest.raises(ValueError, match="resolution must be at least 1, got 0"):
        big_lama_training(0)


def test_presets_scale_with_the_resolution() -> None:
    assert thin(1024) == Strokes(
        min_times=4, max_times=70, max_width=40, max_len=200, min_width=10, min_len=20
    )
    for preset in (thin, medium, thick):
        areas = [
            float(preset(side).batch(200, (side, side), generator=seeded()).mean())
            for side in (256, 128)
        ]
        assert areas[0] == pytest.approx(areas[1], abs=0.04)


STROKES = Strokes(min_times=2, max_times=12, max_width=40, max_len=100)
BOXES = Boxes(min_times=1, max_times=4, min_size=30, max_size=150, margin=10)


def test_a_ramp_reaches_every_depth_and_nothing_else() -> None:
    mixture = OneOf((AreaBounds(STROKES, max_area=0.5), UnionOf((BOXES, EveryNLines()))))
    ramp = Ramp(sampler=mixture, start_step=100, end_step=300)
    half = OneOf(
        (
            AreaBounds(Strokes(min_times=2, max_times=7, max_width=20, max_len=50), max_area=0.5),
            UnionOf(
                (
                    Boxes(min_times=1, max_times=2, min_size=30, max_size=75, margin=10),
                    EveryNLines(),
                )
            ),
        )
    )
    assert ramp.at(200) == half
    assert ramp.at(300) == ramp.at(10**9) == mixture


def test_a_ramp_starts_small_and_may_go_in_steps() -> None:
    plain = Ramp(sampler=STROKES, start_step=0, end_step=100)
    assert plain.at(0) == Strokes(min_times=2, max_times=2, max_width=1, max_len=1)
    stepped = Ramp(sampler=STROKES, start_step=0, end_step=100, start=0.5, levels=2)
    assert stepped.at(0) == stepped.at(49) == plain.at(50)
    assert stepped.at(50) == stepped.at(99) == plain.at(75)
    assert stepped.at(100) == STROKES
    boxes = Ramp(
        sampler=Boxes(min_times=0, max_times=4, min_size=9, max_size=99), start_step=0, end_step=9
    )
    assert boxes.at(0) == Boxes(min_times=0, max_times=1, min_size=9, max_size=9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"end_step": 0}, "end_step must be at least 1, got 0"),
        ({"start_step": -1}, "start_step must be at least 0, got -1"),
        ({"start": 2.0}, "start must lie between 0 and 1, got 2.0"),
        ({"levels": 0}, "levels must be at least 1, got 0"),
        ({"sampler": 3}, "sampler must be a mask sampler"),
    ],
)
def test_bad_ramps(arguments: dict[str, int], message: str) -> None:
    settings = {"sampler": STROKES, "start_step": 0, "end_step": 10} | arguments
    with pytest.raises((ValueError, TypeError), match=message):
        Ramp(**settings)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="step must be at least 0, got -1"):
        Ramp(sampler=STROKES, start_step=0, end_step=10).at(-1)


def test_a_ramp_is_safe_against_rounding() -> None:
    boxes = Boxes(min_times=1, max_times=101, min_size=1, max_size=100)
    for levels in (None, 100):
        ramp = Ramp(sampler=boxes, start_step=0, end_step=100, levels=levels)
        at = ramp.at(29)  # 100 * 0.29 is a little less than 29 in floating point
        assert isinstance(at, Boxes)
        assert (at.max_times, at.max_size) == (30, 29)
