"""The non-saturating loss against its formula."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from lamakit.losses import NonSaturatingLoss, non_saturating_loss
from tests.losses.inputs import rand


def test_only_patches_of_the_hole_are_fake() -> None:
    logits, mask = rand(2, 1, 4, 4) - 0.5, torch.zeros(2, 1, 16, 16)
    mask[0, :, :8] = 1
    real = F.softplus(-logits)
    fake = real.clone()
    fake[0, :, :2] = F.softplus(logits[0, :, :2])
    loss = NonSaturatingLoss().discriminator_loss(logits, logits, mask)
    torch.testing.assert_close(loss, real.mean() + fake.mean())


@pytest.mark.parametrize("label", [0, 1])
def test_large_logits_stay_finite(label: int) -> None:
    logits = torch.tensor([-1e4, 1e4], dtype=torch.float16)
    assert non_saturating_loss(logits, label) == pytest.approx(5000, rel=1e-2)
