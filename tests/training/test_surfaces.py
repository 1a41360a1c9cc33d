"""Surfaces: paint, gradients, skies and planes in perspective."""

from __future__ import annotations

import torch

from lamakit.training.palettes import draw_palette
from lamakit.training.surfaces import flat_pattern, gradient, paint, planes, sky
from tests.helpers import seeded


def test_paint_follows_the_field() -> None:
    field = torch.linspace(0, 1, 48).expand(48, 48)
    for seed in range(10):
        painted = paint(field, draw_palette(8, seeded(seed)), seeded(seed)).mean(dim=0)
        correlation = torch.corrcoef(torch.stack([painted.flatten(), field.flatten()]))[0, 1]
        assert correlation.abs() > 0.5


def test_the_field_is_left_alone() -> None:
    field = torch.full((16, 16), 0.25)
    paint(field, draw_palette(8, seeded()), seeded())
    assert torch.equal(field, torch.full((16, 16), 0.25))


def test_flat_patterns_are_in_range() -> None:
    drawn = torch.stack([flat_pattern(32, seeded(seed)) for seed in range(20)])
    assert drawn.min() >= 0
    assert drawn.max() <= 1


def test_gradients_are_smooth() -> None:
    for seed in range(20):
        image = gradient(64, draw_palette(8, seeded(seed)), seeded(seed))
        assert image.shape == (3, 64, 64)
        assert image.diff(dim=2).abs().max() < 0.1


def test_skies_are_brighter_towards_the_horizon_and_not_reddish() -> None:
    skies = torch.stack([sky(32, seeded(seed)) for seed in range(40)])
    assert skies[:, :, -4:].mean() > skies[:, :, :4].mean() + 0.1
    assert (skies[:, 2, :8] - skies[:, 0, :8]).mean() > 0.05


def test_planes_get_finer_towards_the_horizon() -> None:
    palette = draw_palette(8, seeded(1))
    images = torch.stack([planes(64, palette, seeded(seed)) for seed in range(40)])
    assert images.shape == (40, 3, 64, 64)
    assert images.isfinite().all()
    # The ground is always there: its nearest part has the longest structures.
    ground = images[:, :, -20:].mean(dim=1)
    changes = ground.diff(dim=2).square().mean(dim=(0, 2))
    assert changes[:8].mean() > changes[-8:].mean()
