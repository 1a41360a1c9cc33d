"""Cameras: blur, light and noise."""

from __future__ import annotations

import pytest
import torch

from lamakit.training.camera import blur, photograph
from tests.helpers import seeded


@pytest.mark.parametrize("sigma", [0.5, 2.0, 8.0])
def test_blur_has_its_width_and_keeps_the_mean(sigma: float) -> None:
    dot = torch.zeros(1, 129, 129)
    dot[0, 64, 64] = 1
    blurred = blur(dot, sigma)[0]
    assert abs(float(blurred.sum()) - 1) < 0.01
    place = torch.arange(129) - 64
    variance = float((blurred.sum(dim=0) * place**2).sum())
    assert abs(variance**0.5 / sigma - 1) < 0.2


def test_a_blurred_grey_stays_grey() -> None:
    grey = torch.full((3, 40, 40), 0.3)
    for sigma in (0.4, 3.0, 12.0):
        assert torch.allclose(blur(grey, sigma), grey, atol=1e-5)


def test_photographs_are_in_range() -> None:
    bright = torch.linspace(0, 2, 32).expand(3, 32, 32)
    for seed in range(20):
        image = photograph(bright, seeded(seed))
        assert image.min() >= 0
        assert image.max() <= 1
        means = image.mean(dim=(0, 1))
        assert means[-4:].mean() > means[:4].mean() + 0.3  # bright stays bright


def test_photographs_are_noisy_and_unevenly_lit() -> None:
    grey = torch.full((3, 64, 64), 0.5)
    images = torch.stack([photograph(grey, seeded(seed)) for seed in range(30)])
    noise = images.diff(dim=3).std(dim=(1, 2, 3))
    assert (noise > 5e-4).all()
    assert noise.max() < 0.08
    corners = images[..., :16, :16].mean(dim=(1, 2, 3)) - images[..., -16:, -16:].mean(
        dim=(1, 2, 3)
    )
    assert corners.abs().mean() > 0.02
