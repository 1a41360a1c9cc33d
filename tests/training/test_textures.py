"""Stochastic textures: their spectra, directions and cells."""

from __future__ import annotations

import math

import pytest
import torch

from lamakit.analysis import radial_spectrum
from lamakit.training.textures import cells, draw_texture, power_law_noise
from tests.helpers import seeded


@pytest.mark.parametrize("exponent", [0.0, 1.0, 1.5])
def test_the_spectrum_follows_the_power_law(exponent: float) -> None:
    noise = torch.stack([power_law_noise(64, seeded(n), exponent=exponent) for n in range(32)])
    assert noise.mean(dim=(1, 2)).abs().max() < 1e-4
    assert torch.allclose(noise.square().mean(dim=(1, 2)), torch.ones(32), atol=1e-3)
    window = torch.hann_window(64, periodic=False)
    power = radial_spectrum((noise * window * window[:, None])[:, None]).mean(dim=(0, 1))
    x, y = (torch.arange(3, 28) + 0.5).log(), power[3:28].log()
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    assert abs(float(slope) + 2 * exponent) < 0.2


def test_noise_is_not_periodic() -> None:
    noise = power_law_noise(64, seeded(), exponent=1.5)
    inside = (noise[:, 1:] - noise[:, :-1]).abs().mean()
    assert (noise[:, 0] - noise[:, -1]).abs().mean() > 3 * inside


@pytest.mark.parametrize(("angle", "along"), [(0.0, 1), (math.pi / 2, 0)])
def test_stretched_noise_is_long_in_its_direction(angle: float, along: int) -> None:
    noise = power_law_noise(64, seeded(), exponent=1, stretch=10, angle=angle)
    changes = [noise.diff(dim=dim).square().mean() for dim in (0, 1)]
    assert changes[1 - along] > 5 * changes[along]


def test_cells_are_dark_at_their_borders() -> None:
    texture = cells(64, seeded(), cell=12)
    assert texture.shape == (64, 64)
    assert 0 <= texture.min() < 0.05
    assert 0.8 < texture.max() <= 1
    assert 0.2 < texture.mean() < 0.7


def test_textures_are_in_range_and_varied() -> None:
    textures = torch.stack([draw_texture(32, seeded(seed)) for seed in range(40)])
    assert textures.min() >= 0
    assert textures.max() <= 1
    assert (textures.std(dim=(1, 2)) > 0.04).all()
