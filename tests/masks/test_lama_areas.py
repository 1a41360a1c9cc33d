"""LaMa's presets have the published areas."""

from __future__ import annotations

import pytest

from lamakit.masks import (
    MaskSampler,
    deepfill_like,
    lama_training,
    mask_areas,
    measure_masks,
    medium,
    thick,
    thin,
)
from tests.helpers import seeded

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
    generator = seeded()
    drawn = measure_masks(mask_areas, sampler, count, (side, side), generator=generator)
    assert float(drawn.mean()) == pytest.approx(published_mean, abs=mean)
    assert float((drawn > 0.5).double().mean()) == pytest.approx(published_share, abs=share)


@pytest.mark.parametrize("name", PUBLISHED)
def test_areas_are_near_the_published_ones(name: str) -> None:
    check_areas(name, 400 if PUBLISHED[name][1] == 256 else 150, mean=0.03, share=0.07)


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_areas_are_the_published_ones(name: str) -> None:
    check_areas(name, 3_000, mean=0.01, share=0.02)
