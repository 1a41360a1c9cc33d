"""The published areas; how areas and widths are measured."""

from __future__ import annotations

import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks import (
    CentreBox,
    EveryNLines,
    Inverted,
    MaskSampler,
    deepfill_like,
    lama_training,
    medium,
    thick,
    thin,
)
from lamakit.masks.statistics import area_histogram, areas, sample, width_histogram, widths

# On 10,000 masks of the released generators: mean area, share of masks above one half.
PUBLISHED: dict[str, tuple[MaskSampler, int, float, float]] = {
    "thin-256": (thin(256), 256, 0.297, 0.031),
    "thin-512": (thin(512), 512, 0.292, 0.035),
    "medium-256": (medium(256), 256, 0.242, 0.011),
    "medium-512": (medium(512), 512, 0.306, 0.112),
    "thick-256": (thick(256), 256, 0.401, 0.351),
    "thick-512": (thick(512), 512, 0.456, 0.440),
    "lama_training": (lama_training(), 256, 0.349, 0.228),
    "deepfill_like": (deepfill_like(), 256, 0.226, 0.057),
}


def check_areas(name: str, count: int, mean: float, share: float) -> None:
    """The preset's mean area and share above one half, each within a bound of the published."""
    sampler, side, published_mean, published_share = PUBLISHED[name]
    generator = torch.Generator().manual_seed(0)
    drawn = sample(areas, sampler, count, (side, side), generator=generator)
    assert float(drawn.mean()) == pytest.approx(published_mean, abs=mean)
    assert float((drawn > 0.5).double().mean()) == pytest.approx(published_share, abs=share)


@pytest.mark.parametrize("name", PUBLISHED)
def test_areas_are_near_the_published_ones(name: str) -> None:
    check_areas(name, 400, mean=0.03, share=0.07)


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_areas_are_the_published_ones(name: str) -> None:
    check_areas(name, 10_000, mean=0.01, share=0.02)


@given(height=st.integers(1, 9), width=st.integers(1, 9), top=st.integers(0, 5))
def test_areas_and_widths_of_a_box(height: int, width: int, top: int) -> None:
    mask = torch.zeros(2, 1, 30, 30)
    mask[1, 0, top + 1 : top + 1 + height, 3 : 3 + width] = 1
    assert areas(mask).tolist() == [0, height * width / 900]
    # From the middle pixel of the shorter side to the first known one, twice.
    assert widths(mask).tolist() == [0, 2 * ((min(height, width) + 1) // 2)]


def test_a_hole_with_nothing_around_it_is_infinitely_wide() -> None:
    assert widths(torch.ones(1, 1, 4, 4)).tolist() == [torch.inf]
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
        generator = torch.Generator().manual_seed(0)
        drawn = sample(widths, preset, 60, (256, 256), generator=generator)
        means.append(float(drawn.clamp(max=256).mean()))
    assert means == sorted(means)
    assert means[2] > 2 * means[0]


def test_bad_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"masks must have shape \(n, 1, H, W\), got \(3, 4\)"):
        areas(torch.zeros(3, 4))
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        sample(areas, CentreBox(), 0, (8, 8))
    with pytest.raises(ValueError, match="bins must be at least 1, got 0"):
        area_histogram(CentreBox(), 5, (8, 8), bins=0)
    with pytest.raises(TypeError, match="sampler must be a mask sampler"):
        sample(areas, 3, 5, (8, 8))  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(ImportError, match=r"widths need SciPy: pip install \"lamakit\[masks\]\""):
        widths(torch.zeros(1, 1, 4, 4))
