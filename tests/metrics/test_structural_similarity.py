"""SSIM falls with lost structure, and keeps its precision where convolutions lose theirs."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit.metrics import ssim
from tests.helpers import seeded
from tests.metrics.inputs import box_masks, random_images


def test_it_is_symmetric_and_at_least_minus_one() -> None:
    x, mask = random_images(0, 2, 3, 24, 32), box_masks(2)
    y = random_images(1, 2, 3, 24, 32)
    torch.testing.assert_close(ssim(x, y, mask), ssim(y, x, mask))
    opposite = ssim(1 - x, x, mask)
    assert ((opposite < 0) & (opposite >= -1)).all()


def test_a_lost_structure_counts_more_than_another_brightness() -> None:
    image = torch.rand(1, 3, 32, 32, generator=seeded()) / 2 + 0.25
    mask = torch.ones(1, 1, 32, 32)
    assert ssim(image + 0.1, image, mask) > 0.9
    assert ssim(F.avg_pool2d(image, 3, 1, 1), image, mask) < 0.6


def close_pair() -> tuple[Tensor, Tensor]:
    """Return two images whose variances are small beside the squares of their means."""
    image = 0.9 + 0.02 * torch.randn(1, 1, 64, 64, generator=seeded())
    return image, 0.9 + 0.02 * torch.randn(1, 1, 64, 64, generator=seeded(1))


def test_small_variances_survive_autocast() -> None:
    image, other = close_pair()
    region = torch.ones(1, 1, 64, 64)
    exact = ssim(image.double(), other.double(), region)
    with torch.autocast("cpu", torch.bfloat16):
        found = ssim(image, other, region)
    assert found.item() == pytest.approx(exact.item(), abs=1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_small_variances_survive_a_gpu_that_rounds_convolutions() -> None:
    image, other = close_pair()
    region = torch.ones(1, 1, 64, 64)
    exact = ssim(image.double(), other.double(), region)
    with torch.backends.cudnn.flags(allow_tf32=True):
        found = ssim(image.cuda(), other.cuda(), region.cuda())
    assert found.item() == pytest.approx(exact.item(), abs=1e-4)
