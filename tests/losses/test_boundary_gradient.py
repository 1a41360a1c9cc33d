"""The gradient along the hole's boundary, of images where it is known."""

from __future__ import annotations

import pytest
import torch

from lamakit.losses import boundary_gradient_loss
from tests.losses.inputs import box_mask


def test_both_sides_of_the_boundary_count() -> None:
    image, mask = torch.zeros(1, 1, 8, 8), box_mask().float()
    jump = mask.clone()  # the hole is brighter: 4 + 4 rows, 4 + 4 columns of differences
    assert boundary_gradient_loss(jump, mask) == 16
    assert boundary_gradient_loss(jump, mask, reduction="mean") == pytest.approx(16 / 32)
    assert boundary_gradient_loss(image, mask) == 0
    image[..., 0, 0] = 1  # far from the boundary
    assert boundary_gradient_loss(image, mask) == 0


def test_a_mask_of_another_size() -> None:
    with pytest.raises(ValueError, match=r"mask must have shape \(1, 1, 8, 8\)"):
        boundary_gradient_loss(torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 4, 4))


def test_an_unknown_reduction() -> None:
    images, mask = torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)
    with pytest.raises(ValueError, match="reduction must be one of mean, sum; got 'none'"):
        boundary_gradient_loss(images, mask, reduction="none")  # type: ignore[arg-type]
