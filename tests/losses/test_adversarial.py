"""What every adversarial loss does with labels and masks."""

from __future__ import annotations

import pytest
import torch

from lamakit.losses import (
    AdversarialLoss,
    HingeLoss,
    LeastSquaresLoss,
    NonSaturatingLoss,
    resize_mask,
)
from tests.losses.inputs import rand

LOSSES = [NonSaturatingLoss, HingeLoss, LeastSquaresLoss]
LOGITS = torch.zeros(2, 1, 4, 4)


@pytest.mark.parametrize("build", LOSSES)
def test_a_mask_counts_only_if_the_loss_is_aware_of_it(build: type[AdversarialLoss]) -> None:
    real, fake = rand(2, 2, 3, 5, 7) - 0.5
    plain = build().discriminator_loss(real, fake)
    mask = torch.zeros(2, 1, 40, 50)
    unaware = build(mask_aware=False).discriminator_loss(real, fake, mask)
    torch.testing.assert_close(unaware, plain)
    torch.testing.assert_close(build().discriminator_loss(real, fake, mask + 1), plain)
    known = build().discriminator_loss(real, fake, mask)
    real_twice = build().loss_for_labels(real, 1) + build().loss_for_labels(fake, 1)
    torch.testing.assert_close(known, real_twice)


@pytest.mark.parametrize("build", LOSSES)
def test_a_better_logit_costs_less(build: type[AdversarialLoss]) -> None:
    loss, logits = build(), torch.zeros(1, 1, 4, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss.generator_loss(logits), logits)
    assert (gradient < 0).all()
    right = loss.discriminator_loss(logits + 1, logits - 1)
    assert right < loss.discriminator_loss(logits - 1, logits + 1)


def test_resized_masks() -> None:
    mask = torch.zeros(1, 1, 8, 12)
    mask[..., 3, 5] = 1
    assert resize_mask(mask, (4, 6), "max").nonzero().tolist() == [[0, 0, 1, 2]]
    assert not resize_mask(mask, (4, 6)).any()
    assert resize_mask(mask, (16, 24), "max").shape == (1, 1, 16, 24)


def test_unknown_ways_to_resize_a_mask() -> None:
    with pytest.raises(ValueError, match="mask_resize must be one of nearest, max; got 'area'"):
        NonSaturatingLoss(mask_resize="area")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="mode must be one of nearest, max"):
        resize_mask(LOGITS, (2, 2), "area")  # type: ignore[arg-type]


def test_masks_that_do_not_fit_the_logits() -> None:
    loss = NonSaturatingLoss()
    with pytest.raises(ValueError, match="one batch size, got 1 and 2"):
        loss.discriminator_loss(LOGITS, LOGITS, torch.zeros(1, 1, 8, 8))
    with pytest.raises(ValueError, match="mask and fake_logits must be on one device, got"):
        loss.discriminator_loss(LOGITS, LOGITS.to("meta"), LOGITS)
    with pytest.raises(TypeError, match=r"mask must be a floating-point tensor, got torch.bool"):
        loss.discriminator_loss(LOGITS, LOGITS, LOGITS > 0)
    with pytest.raises(ValueError, match=r"mask must have shape \(B, 1, H, W\)"):
        loss.discriminator_loss(LOGITS, LOGITS, torch.zeros(2, 3, 8, 8))
    with pytest.raises(ValueError, match=r"mask must have shape \(B, 1, H, W\)"):
        resize_mask(torch.zeros(2, 3, 8, 8), (2, 2))
