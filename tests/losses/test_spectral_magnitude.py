"""The spectral magnitude loss: how much detail there is, wherever it lies."""

from __future__ import annotations

import pytest
import torch

from lamakit.losses import SpectralMagnitudeLoss, spectral_magnitude_loss


def test_places_do_not_count_and_missing_detail_does() -> None:
    target = torch.rand(2, 3, 12, 17, generator=torch.Generator().manual_seed(0)).double()
    mask = torch.ones(2, 1, 12, 17)
    assert spectral_magnitude_loss(target.roll((3, 5), (2, 3)), target, mask) < 1e-12
    smooth = target.mean(dim=(2, 3), keepdim=True).expand_as(target)
    noisy = 2 * target - smooth
    assert spectral_magnitude_loss(smooth, target, mask) > 0.1
    torch.testing.assert_close(
        spectral_magnitude_loss(noisy, target, mask), spectral_magnitude_loss(smooth, target, mask)
    )


def test_known_pixels_do_not_count() -> None:
    target, mask = torch.rand(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)
    mask[..., 4:9, 3:12] = 1
    prediction = torch.rand(1, 3, 16, 16)
    composited = torch.where(mask > 0, prediction, target)
    expected = spectral_magnitude_loss(composited, target, mask)
    torch.testing.assert_close(spectral_magnitude_loss(prediction, target, mask), expected)
    assert spectral_magnitude_loss(prediction, target, 0 * mask) == 0


def test_a_smooth_prediction_learns_detail_and_a_wrong_one_its_energy() -> None:
    generator = torch.Generator().manual_seed(0)
    target, mask = torch.rand(1, 1, 16, 16, generator=generator), torch.ones(1, 1, 16, 16)
    prediction = torch.rand(1, 1, 16, 16, generator=generator) * 0.1 + 0.45
    prediction.requires_grad_()
    optimizer = torch.optim.Adam([prediction], lr=0.01)
    loss = SpectralMagnitudeLoss()
    before = loss(prediction, target, mask).item()
    for _ in range(200):
        optimizer.zero_grad()
        loss(prediction, target, mask).backward()
        optimizer.step()
    assert loss(prediction, target, mask) < 0.2 * before
    assert abs(prediction.std() / target.std() - 1) < 0.1


def test_bad_input_is_named() -> None:
    image, mask = torch.rand(1, 3, 8, 8), torch.ones(1, 1, 8, 8)
    with pytest.raises(ValueError, match=r"prediction and target must have"):
        spectral_magnitude_loss(image[..., :4], image, mask)
    with pytest.raises(ValueError, match="mask"):
        spectral_magnitude_loss(image, image, mask[..., :4])
