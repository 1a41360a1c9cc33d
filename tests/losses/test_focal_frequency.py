"""The focal frequency loss against its formula, and its bound."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from lamakit.losses import FocalFrequencyLoss, focal_frequency_loss
from tests.losses.inputs import rand, seeds


@given(
    alpha=st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    normalize=st.booleans(),
    log=st.booleans(),
    seed=seeds,
)
def test_gradient_by_parseval(alpha: float, normalize: bool, log: bool, seed: int) -> None:
    """The weight is a constant, so the gradient is that of a filtered squared error."""
    prediction, target = rand(2, 2, 3, 8, 6, seed=seed)
    prediction.requires_grad_()
    loss = focal_frequency_loss(
        prediction, target, alpha=alpha, normalize_weight=normalize, log_weight=log
    )
    (gradient,) = torch.autograd.grad(loss, prediction)
    spectrum = torch.fft.fft2(prediction.detach() - target, norm="ortho")
    weight = spectrum.abs() ** alpha
    weight = (1 + weight).log() if log else weight
    weight = weight / weight.amax((2, 3), keepdim=True) if normalize else weight
    filtered = torch.fft.ifft2(weight * spectrum, norm="ortho").real
    torch.testing.assert_close(gradient, 2 * filtered / prediction.numel())
    torch.testing.assert_close(loss.detach(), (weight * spectrum.abs().square()).mean())


@given(seed=seeds, factor=st.sampled_from([1, 2, 4]), average=st.booleans())
def test_at_most_the_squared_error(seed: int, factor: int, average: bool) -> None:
    prediction, target = rand(2, 2, 3, 8, 12, seed=seed)
    settings: dict[str, Any] = {"patch_factor": factor, "average_spectrum": average}
    loss = focal_frequency_loss(prediction, target, **settings)
    assert 0 < loss <= F.mse_loss(prediction, target)
    flat = focal_frequency_loss(prediction, target, alpha=0, patch_factor=factor)
    torch.testing.assert_close(flat, F.mse_loss(prediction, target))


def test_each_patch_has_its_own_spectrum() -> None:
    prediction, target = rand(2, 1, 3, 8, 12)
    quarters = [
        focal_frequency_loss(prediction[..., rows, columns], target[..., rows, columns])
        for rows in (slice(4), slice(4, 8))
        for columns in (slice(6), slice(6, 12))
    ]
    found = focal_frequency_loss(prediction, target, patch_factor=2)
    torch.testing.assert_close(found, torch.stack(quarters).mean())


def test_sides_that_patches_do_not_divide() -> None:
    with pytest.raises(ValueError, match=r"9x8, but patch_factor=4 .* to 8x8"):
        FocalFrequencyLoss(patch_factor=4)(*torch.zeros(2, 1, 3, 9, 8))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patch_factor": 0}, "patch_factor must be at least 1, got 0"),
        ({"alpha": -1}, "alpha must be finite and at least 0, got -1"),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FocalFrequencyLoss(**settings)
    with pytest.raises(ValueError, match=message):
        focal_frequency_loss(*torch.zeros(2, 1, 3, 8, 8), **settings)
