"""The consistency term: which scales it compares, and where gradients flow."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lamakit.losses import multi_scale_consistency_loss
from lamakit.training import ScaleConsistency
from tests.helpers import assert_same_tensors, state_of
from tests.training.networks import begin, draw_batch


class Grey(nn.Module):
    """A model that fills everything with one value, which depends on the size of its input."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[tuple[int, int]] = []
        self.size_multiple, self.min_size = 8, 16

    def forward(self, x: Tensor) -> Tensor:
        self.sizes.append((x.shape[2], x.shape[3]))
        return torch.full_like(x[:, :3], 0.01 * x.shape[2])


def test_the_term_compares_with_each_scale() -> None:
    image, mask = draw_batch(2, 64)
    model = Grey()
    term = ScaleConsistency(scales=(0.5, 0.25, 0.3), weight=2.0)
    value = term(model, torch.full_like(image, 0.64), image, mask)
    assert model.sizes == [(32, 32), (16, 16), (24, 24)]  # rounded up to what the model takes
    expected = 2 * (0.32**2 + 0.48**2 + 0.4**2) / 3
    assert float(value) == pytest.approx(expected, rel=1e-4)


def test_gradients_flow_through_the_large_prediction_only() -> None:
    image, mask = draw_batch(2, 64)
    model = begin().model
    prediction = torch.rand(2, 3, 64, 64, requires_grad=True)
    value = ScaleConsistency(scales=(0.5,))(model, prediction, image, mask)
    value.backward()
    assert prediction.grad is not None
    assert prediction.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_statistics_of_the_model_stay() -> None:
    image, mask = draw_batch(2, 64)
    model = begin().model
    before = state_of(model)
    ScaleConsistency(scales=(0.5,))(model, torch.rand(2, 3, 64, 64), image, mask)
    assert_same_tensors(model.state_dict(), before)
    assert all(module.training for module in model.modules())


def test_only_the_hole_counts() -> None:
    image, mask = draw_batch(1, 64)
    coarse = torch.full((1, 3, 32, 32), 0.32)
    inside = torch.where(mask > 0, 0.5, 0.9).expand_as(image)
    found = ScaleConsistency(scales=(0.5,), weight=1.0)(Grey(), inside, image, mask)
    torch.testing.assert_close(found, multi_scale_consistency_loss(inside, coarse, mask))


@pytest.mark.parametrize(
    ("scales", "weight", "message"),
    [
        ((), 1.0, "scales must hold at least one number, got none"),
        ((0.5, 1.0), 1.0, r"scales\[1\] must be below 1, got 1.0"),
        ((0.0,), 1.0, r"scales\[0\] must be above 0"),
        ((0.5,), -1.0, "weight must be finite and at least 0, got -1.0"),
    ],
)
def test_bad_arguments(scales: tuple[float, ...], weight: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ScaleConsistency(scales=scales, weight=weight)
