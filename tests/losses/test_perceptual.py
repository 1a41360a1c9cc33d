"""The perceptual loss of extractors whose features are known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit.losses import PerceptualLoss, perceptual_loss
from tests.contract.losses import extractor
from tests.losses.inputs import box_mask, rand


def two_maps(image: Tensor) -> list[Tensor]:
    return [image, 2 * image]


def test_layers_are_averaged_or_added() -> None:
    prediction, target = rand(2, 1, 3, 8, 8)
    error = F.mse_loss(prediction, target)
    averaged = PerceptualLoss(two_maps, layer_reduction="mean")
    torch.testing.assert_close(averaged(prediction, target), 2.5 * error)
    torch.testing.assert_close(PerceptualLoss(two_maps)(prediction, target), 5 * error)
    weighted = PerceptualLoss(two_maps, layer_weights=[1, 0])
    torch.testing.assert_close(weighted(prediction, target), error)


def test_a_mask_leaves_known_pixels() -> None:
    prediction, target = rand(2, 1, 3, 8, 8)
    expected = 5 * ((prediction - target).square() * (1 - box_mask())).mean()
    found = PerceptualLoss(two_maps)(prediction, target, box_mask())
    torch.testing.assert_close(found, expected)


def test_images_of_two_sizes() -> None:
    with pytest.raises(ValueError, match="prediction and target must have one shape"):
        perceptual_loss(extractor(), torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 9))
