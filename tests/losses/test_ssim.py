"""The SSIM loss: structure counts, known pixels do not."""

from __future__ import annotations

import pytest
import torch

from lamakit.losses import ssim_loss
from lamakit.metrics import ssim
from tests.helpers import rectangle_mask, seeded


def test_it_is_one_minus_the_metric_where_everything_is_missing() -> None:
    target = torch.rand(1, 3, 24, 17, generator=seeded())
    prediction = (target + 0.2 * torch.randn(1, 3, 24, 17, generator=seeded(1))).clamp(0, 1)
    mask = torch.ones(1, 1, 24, 17)
    found = ssim_loss(prediction, target, mask)
    torch.testing.assert_close(found, 1 - ssim(prediction, target, mask).mean())


def test_known_pixels_are_those_of_the_target() -> None:
    target, prediction = torch.rand(2, 1, 3, 32, 32, generator=seeded())
    mask = rectangle_mask(32, 32, slice(8, 20), slice(5, 30))
    found = ssim_loss(prediction, target, mask)
    filled = torch.where(mask > 0, prediction, target)
    assert found == ssim_loss(filled, target, mask)
    assert found > 0.5
    assert ssim_loss(torch.where(mask > 0, target, prediction), target, mask) == 0
    assert ssim_loss(prediction, target, 0 * mask) == 0


def test_lowering_it_raises_the_metric() -> None:
    target = torch.rand(1, 3, 32, 32, generator=seeded())
    mask = rectangle_mask(32, 32, slice(4, 28), slice(4, 28))
    prediction = torch.full_like(target, 0.5).requires_grad_()
    before = ssim(prediction.detach(), target, mask)
    optimizer = torch.optim.Adam([prediction], lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        loss = ssim_loss(prediction, target, mask)
        loss.backward()
        optimizer.step()
    assert ssim(prediction.detach(), target, mask) > before + 0.5


def test_bad_input_is_named() -> None:
    image, mask = torch.rand(1, 3, 8, 8), torch.ones(1, 1, 8, 8)
    with pytest.raises(ValueError, match=r"prediction and target must have"):
        ssim_loss(image[..., :4], image, mask)
    with pytest.raises(ValueError, match="mask"):
        ssim_loss(image, image, mask[..., :4])
