"""The consistency of predictions at two sizes."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from lamakit.losses import multi_scale_consistency_loss
from tests.losses.inputs import rand

SMALL, LARGE = torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 16, 16)


def test_downsampled_predictions_agree() -> None:
    coarse = rand(1, 3, 4, 4)
    fine = coarse.repeat_interleave(8, 2).repeat_interleave(8, 3)
    mask = torch.ones(1, 1, 32, 32, dtype=torch.float64)
    loss = multi_scale_consistency_loss(fine, coarse, mask)
    assert loss < F.mse_loss(coarse, coarse.mean().expand_as(coarse)) / 4
    flat = torch.full((1, 3, 4, 4), 0.25)
    assert multi_scale_consistency_loss(torch.full((1, 3, 30, 31), 0.25), flat) < 1e-12


def test_only_the_hole_counts() -> None:
    fine, coarse, mask = rand(1, 3, 16, 16), rand(1, 3, 8, 8, seed=1), torch.zeros(1, 1, 16, 16)
    mask[..., :8, :] = 1
    changed = coarse.clone()
    changed[..., 6:, :] += 1
    expected = multi_scale_consistency_loss(fine, coarse, mask)
    assert multi_scale_consistency_loss(fine, changed, mask) == expected
    assert multi_scale_consistency_loss(fine, coarse, 0 * mask) == 0


def test_gradients_reach_both() -> None:
    fine, coarse = rand(1, 3, 16, 16).requires_grad_(), rand(1, 3, 8, 8).requires_grad_()
    multi_scale_consistency_loss(fine, coarse).backward()
    assert fine.grad is not None
    assert coarse.grad is not None


def test_the_larger_prediction_comes_first() -> None:
    with pytest.raises(ValueError, match="fine is 8x8, smaller than coarse, 16x16"):
        multi_scale_consistency_loss(SMALL, LARGE)


def test_predictions_of_other_channels() -> None:
    with pytest.raises(ValueError, match="as many channels"):
        multi_scale_consistency_loss(LARGE, SMALL[:, :1])


def test_a_mask_of_the_coarser_size() -> None:
    with pytest.raises(ValueError, match=r"mask must have shape \(1, 1, 16, 16\)"):
        multi_scale_consistency_loss(LARGE, SMALL, torch.zeros(1, 1, 8, 8))
