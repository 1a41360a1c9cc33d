"""The spectrum loss: periods and colours count, places do not."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from lamakit.losses import spectrum_loss
from tests.losses.inputs import rand


def test_knows_periods_not_places() -> None:
    texture = rand(2, 3, 12, 10)
    assert spectrum_loss(texture.roll((5, 3), (2, 3)), texture) < 1e-20
    mixed = texture.clone()
    mixed[:, 0] = mixed[:, 0].roll(1, -1)  # one channel moved: the colours no longer fit
    assert spectrum_loss(mixed, texture) > 1e-4
    other = rand(2, 3, 12, 10, seed=1)
    assert 1e-4 < spectrum_loss(other, texture) <= F.mse_loss(other, texture)


def test_of_opposite_images() -> None:
    texture = rand(1, 3, 8, 8) - 0.5
    assert spectrum_loss(-texture, texture) < 1e-20
    blank = torch.zeros_like(texture)
    torch.testing.assert_close(spectrum_loss(blank, texture), texture.square().mean())


def test_images_of_two_sizes() -> None:
    with pytest.raises(ValueError, match="prediction and target must have one shape"):
        spectrum_loss(torch.zeros(1, 3, 9, 8), torch.zeros(1, 3, 9, 4))
