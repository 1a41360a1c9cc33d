"""The log-spectral loss: fine detail counts as much as shapes, places do not."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from lamakit.losses import log_spectral_loss
from lamakit.metrics import log_spectral_distance
from tests.helpers import rectangle_mask, seeded


def test_contrast_counts_in_logarithms_and_brightness_does_not() -> None:
    target = torch.rand(2, 3, 24, 17, generator=seeded()).double()
    mask = torch.ones(2, 1, 24, 17)
    for factor in (0.5, 2.0):
        found = log_spectral_loss(0.1 + factor * target, target, mask)
        torch.testing.assert_close(found.item(), math.log(2), rtol=1e-3, atol=0)


def test_missing_detail_counts_though_it_is_weak() -> None:
    shapes = F.interpolate(torch.rand(1, 3, 4, 4, generator=seeded()), size=32, mode="bicubic")
    detail = 0.02 * torch.randn(1, 3, 32, 32, generator=seeded(1))
    other = 0.02 * torch.randn(1, 3, 32, 32, generator=seeded(2))
    mask = rectangle_mask(32, 32, slice(4, 28), slice(4, 28))
    smooth, wrong = (log_spectral_loss(x, shapes + detail, mask) for x in (shapes, shapes + other))
    assert smooth > 2 * wrong
    assert F.l1_loss(shapes, shapes + detail) < F.l1_loss(shapes + other, shapes + detail)


def test_known_pixels_and_the_outline_do_not_count() -> None:
    image, mask = torch.rand(1, 3, 32, 32), rectangle_mask(32, 32, slice(8, 20), slice(5, 30))
    changed = torch.where(mask > 0, image, torch.rand(1, 3, 32, 32))
    assert log_spectral_loss(changed, image, mask) == 0
    assert log_spectral_loss(image + 0.3, image, mask) < 1e-3
    assert log_spectral_loss(changed, image.flip(2), 0 * mask) == 0


def test_lowering_it_lowers_the_metric() -> None:
    target = torch.rand(1, 3, 32, 32, generator=seeded())
    mask = rectangle_mask(32, 32, slice(4, 28), slice(4, 28))
    prediction = (0.5 + 0.01 * torch.randn(1, 3, 32, 32, generator=seeded(1))).requires_grad_()
    before = log_spectral_distance(prediction.detach(), target, mask)
    optimizer = torch.optim.Adam([prediction], lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        loss = log_spectral_loss(prediction, target, mask)
        loss.backward()
        optimizer.step()
    assert log_spectral_distance(prediction.detach(), target, mask) < 0.25 * before


def test_bad_input_is_named() -> None:
    image, mask = torch.rand(1, 3, 8, 8), torch.ones(1, 1, 8, 8)
    with pytest.raises(ValueError, match=r"prediction and target must have"):
        log_spectral_loss(image[..., :4], image, mask)
    with pytest.raises(ValueError, match="mask"):
        log_spectral_loss(image, image, mask[..., :4])
