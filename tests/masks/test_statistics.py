"""How areas and widths are measured."""

from __future__ import annotations

import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lamakit.masks import (
    CentreBox,
    EveryNLines,
    Inverted,
    area_histogram,
    mask_areas,
    mask_widths,
    measure_masks,
    medium,
    thick,
    thin,
    width_histogram,
)
from tests.helpers import seeded


@given(height=st.integers(1, 9), width=st.integers(1, 9), top=st.integers(0, 5))
def test_areas_and_widths_of_a_box(height: int, width: int, top: int) -> None:
    mask = torch.zeros(2, 1, 30, 30)
    mask[1, 0, top + 1 : top + 1 + height, 3 : 3 + width] = 1
    assert mask_areas(mask).tolist() == [0, height * width / 900]
    # From the middle pixel of the shorter side to the first known one, twice.
    assert mask_widths(mask).tolist() == [0, 2 * ((min(height, width) + 1) // 2)]


def test_a_hole_with_nothing_around_it_is_infinitely_wide() -> None:
    assert mask_widths(torch.ones(1, 1, 4, 4)).tolist() == [torch.inf]
    histogram = width_histogram(Inverted(CentreBox(area=0)), 5, (1, 1), bins=4)
    assert histogram.shares.sum() == 1


def test_histograms() -> None:
    by_area = area_histogram(EveryNLines(steps=(2, 4)), 400, (64, 64), bins=4)
    assert by_area.edges.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert by_area.shares[[0, 3]].sum() == 0
    assert by_area.shares[1] == pytest.approx(0.5, abs=0.1)
    by_width = width_histogram(CentreBox(area=0.25), 10, (64, 96), bins=3)
    assert by_width.edges.tolist() == [0, 32, 64, 96]
    assert by_width.shares.tolist() == [0, 1, 0]


def test_thick_holes_are_wider_than_thin_ones() -> None:
    means = []
    for preset in (thin(256), medium(256), thick(256)):
        generator = seeded()
        drawn = measure_masks(mask_widths, preset, 60, (256, 256), generator=generator)
        means.append(float(drawn.clamp(max=256).mean()))
    assert means == sorted(means)
    assert means[2] > 2 * means[0]


def test_bad_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"mask must have shape .* got \(1, 3, 8, 8\)"):
        mask_areas(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        measure_masks(mask_areas, CentreBox(), 0, (8, 8))
    with pytest.raises(ValueError, match="bins must be at least 1, got 0"):
        area_histogram(CentreBox(), 5, (8, 8), bins=0)
    with pytest.raises(TypeError, match="sampler must be a mask sampler"):
        measure_masks(mask_areas, 3, 5, (8, 8))  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(ImportError, match=r"mask_widths needs scipy: pip install 'lamakit\[io\]'"):
        mask_widths(torch.zeros(1, 1, 4, 4))


def test_missing_is_whatever_is_above_zero() -> None:
    mask = torch.tensor([[0.0, 1e-6, 0.4], [0.0, 0.5, 1.0], [0.0, 0.0, 0.0]])[None, None]
    assert mask_areas(mask).tolist() == [4 / 9]
    assert torch.equal(mask_widths(mask), mask_widths((mask > 0).float()))


def test_masks_in_any_form_and_square_sizes() -> None:
    mask = torch.zeros(9, 9)
    mask[3:6, 3:6] = 1
    grey = (mask * 255).byte().numpy()
    for masks in (mask, mask[None], grey, Image.fromarray(grey), [mask > 0], [grey]):
        assert mask_areas(masks).tolist() == [1 / 9]
        assert mask_widths(masks).tolist() == [4]
    assert measure_masks(mask_areas, CentreBox(area=0.25), 2, 8).tolist() == [0.25, 0.25]
    assert area_histogram(CentreBox(area=1), 2, 8, bins=2).shares.tolist() == [0, 1]
    assert width_histogram(CentreBox(area=0.25), 2, 8, bins=2).edges.tolist() == [0, 4, 8]


def test_masks_are_measured_a_part_at_a_time() -> None:
    sizes: list[int] = []

    def count(masks: torch.Tensor) -> torch.Tensor:
        sizes.append(len(masks))
        return masks.sum((1, 2, 3))

    drawn = measure_masks(count, CentreBox(area=1), 5, (1024, 2048))
    assert drawn.tolist() == [1024 * 2048] * 5
    assert sizes == [2, 2, 1]
