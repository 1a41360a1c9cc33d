"""Palettes: colours of photographs."""

from __future__ import annotations

import torch

from lamakit.training.palettes import draw_palette
from tests.helpers import seeded


def test_colours() -> None:
    palettes = torch.stack([draw_palette(8, seeded(seed)) for seed in range(200)])
    assert palettes.shape == (200, 8, 3)
    assert palettes.min() >= 0
    assert palettes.max() <= 1
    saturation = 1 - palettes.amin(dim=2) / palettes.amax(dim=2)
    assert saturation.median() < 0.35
    assert (saturation > 0.6).float().mean() > 0.01  # a few are colourful
    warm, cold = palettes[..., 0] > palettes[..., 2], palettes[..., 0] < palettes[..., 2]
    assert 0.5 < warm.float().mean() < 0.85
    assert cold.float().mean() > 0.15


def test_every_palette_has_dark_and_bright_colours() -> None:
    for seed in range(50):
        luminance = draw_palette(8, seeded(seed)).mean(dim=1)
        assert luminance.max() - luminance.min() > 0.25


def test_one_colour_is_a_palette_too() -> None:
    assert draw_palette(1, seeded()).shape == (1, 3)
