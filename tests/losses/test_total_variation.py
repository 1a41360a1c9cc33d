"""Total variation, added up pixel by pixel."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.losses import TotalVariationLoss, total_variation_loss
from tests.losses.inputs import rand, seeds, sides


@given(height=sides, width=sides, beta=st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0]), seed=seeds)
def test_by_definition(height: int, width: int, beta: float, seed: int) -> None:
    image = rand(2, 3, height, width, seed=seed)
    total = 0.0
    for b, c, i, j in torch.cartesian_prod(*map(torch.arange, image.shape)).tolist():
        here = image[b, c, i, j]
        right = image[b, c, i, j + 1] - here if j + 1 < width else 0
        down = image[b, c, i + 1, j] - here if i + 1 < height else 0
        total += float((right**2 + down**2) ** (beta / 2))
    found = total_variation_loss(image, beta=beta, reduction="sum")
    assert found.item() == pytest.approx(total, rel=1e-9, abs=1e-12)
    mean = total_variation_loss(image, beta=beta)
    torch.testing.assert_close(mean, found / image.numel())


@pytest.mark.parametrize("beta", [0.5, 1.0, 1.5, 2.0])
def test_finite_slope_where_flat(beta: float) -> None:
    image = torch.full((1, 1, 4, 4), 0.5)
    image[..., 2, 2] += 1e-6
    image.requires_grad_()
    total_variation_loss(image, beta=beta).backward()
    assert image.grad is not None
    assert image.grad.isfinite().all()


@pytest.mark.parametrize("beta", [0, -1, math.nan, math.inf])
def test_a_power_out_of_range(beta: float) -> None:
    with pytest.raises(ValueError, match="beta must be finite and above 0"):
        TotalVariationLoss(beta=beta)
    with pytest.raises(ValueError, match="beta must be finite and above 0"):
        total_variation_loss(torch.zeros(1, 3, 8, 8), beta=beta)


def test_an_unknown_reduction() -> None:
    with pytest.raises(ValueError, match="reduction must be one of mean, sum; got 'none'"):
        TotalVariationLoss(reduction="none")  # type: ignore[arg-type]


def test_an_image_without_a_batch() -> None:
    with pytest.raises(ValueError, match=r"prediction must have shape \(B, C, H, W\)"):
        total_variation_loss(torch.zeros(3, 8, 8))
