"""The least-squares loss against its formula."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from lamakit.losses import least_squares_loss
from tests.losses.inputs import rand


def test_by_definition() -> None:
    logits, labels = 4 * rand(2, 1, 5, 5) - 2, (rand(2, 1, 5, 5, seed=1) < 0.5).double()
    expected = F.mse_loss(logits, labels) / 2
    torch.testing.assert_close(least_squares_loss(logits, labels), expected)
    torch.testing.assert_close(least_squares_loss(logits, 1), (logits - 1).square().mean() / 2)
