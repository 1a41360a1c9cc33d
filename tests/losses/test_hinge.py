"""The hinge loss against its formula."""

from __future__ import annotations

import torch

from lamakit.losses import HingeLoss, hinge_loss
from tests.losses.inputs import rand


def test_by_definition() -> None:
    logits, labels = 4 * rand(2, 1, 5, 5) - 2, (rand(2, 1, 5, 5, seed=1) < 0.5).double()
    expected = torch.where(labels > 0, (1 - logits).clamp(min=0), (1 + logits).clamp(min=0))
    torch.testing.assert_close(hinge_loss(logits, labels), expected.mean())


def test_the_generators_loss_has_no_margin() -> None:
    logits = 4 * rand(2, 1, 5, 5)
    torch.testing.assert_close(HingeLoss().generator_loss(logits), -logits.mean())
