"""The spectral distance sees the amount of detail, not its place nor the brightness."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from lamakit.metrics import log_spectral_distance
from tests.helpers import seeded
from tests.metrics.inputs import random_images


def test_smooth_noisy_and_chequered_images_differ_and_brighter_ones_do_not() -> None:
    image, mask = random_images(0, 1, 1, 32, 32), torch.ones(1, 1, 32, 32)
    rows, columns = torch.arange(32)[:, None], torch.arange(32)
    others = {
        "smooth": F.avg_pool2d(image, 3, 1, 1),
        "noisy": image + torch.randn(image.shape, generator=seeded(1)),
        "chequered": image + 2 * ((rows // 2 + columns // 2) % 2),
    }
    for name, other in others.items():
        assert log_spectral_distance(other, image, mask) > 3, name
    assert log_spectral_distance(image + 0.3, image, mask) < 1e-2


def test_a_part_of_a_texture_is_as_far_off_as_the_whole() -> None:
    texture = torch.randn(1, 1, 128, 128, generator=seeded(0)).cumsum(2).cumsum(3) / 100
    smooth = F.avg_pool2d(texture, 5, 1, 2)
    part = torch.zeros(1, 1, 128, 128)
    part[..., 20:60, 30:90] = 1
    part[..., 50:100, 10:25] = 1
    whole = log_spectral_distance(smooth, texture, torch.ones(1, 1, 128, 128)).item()
    assert log_spectral_distance(smooth, texture, part).item() == pytest.approx(whole, rel=0.2)


def test_pixels_without_neighbours_have_no_spectrum() -> None:
    x, y = random_images(0, 2, 1, 8, 8), random_images(1, 2, 1, 8, 8)
    region = torch.eye(8).repeat(2, 1, 1, 1)
    region[1, 0, 0, 1] = 1
    assert log_spectral_distance(x, y, region).isnan().tolist() == [True, False]


def test_small_images_have_fewer_rings() -> None:
    x, y = random_images(0, 1, 1, 9, 6), random_images(1, 1, 1, 9, 6)
    mask = torch.ones(1, 1, 9, 6)
    assert torch.equal(
        log_spectral_distance(x, y, mask), log_spectral_distance(x, y, mask, num_bins=3)
    )
    with pytest.raises(ValueError, match="num_bins must be at least 1, got 0"):
        log_spectral_distance(x, y, mask, num_bins=0)
