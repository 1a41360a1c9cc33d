"""Masks that are smaller near known pixels, against convolutions written out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from torch import Tensor
from torch.nn import functional as F

from lamakit.losses import blurred_mask, emulated_distance_mask
from tests.losses.inputs import box_mask, rand, seeds, sides


@given(height=sides, width=sides, seed=seeds)
def test_by_definition(height: int, width: int, seed: int) -> None:
    mask = (rand(1, 1, height, width, seed=seed) < 0.7).double()
    offsets = torch.arange(-2, 3, dtype=torch.float64)
    kernel = (-(offsets[:, None].square() + offsets.square()) / 5).exp()
    kernel = (kernel / kernel.sum())[None, None]
    ones = torch.ones_like(kernel)

    def convolve(x: Tensor, weight: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (2, 2, 2, 2), mode="replicate"), weight)

    expected = convolve(mask, kernel) * mask
    torch.testing.assert_close(blurred_mask(mask), expected, atol=1e-9, rtol=0)
    torch.testing.assert_close(blurred_mask(mask.float()), expected.float(), atol=1e-6, rtol=0)
    inner = (convolve(1 - mask, ones) <= 1.5).double()
    expected = convolve(inner, kernel) * mask
    found = emulated_distance_mask(mask)
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=0)
    found = emulated_distance_mask(mask.float())
    torch.testing.assert_close(found, expected.float(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("weight", [blurred_mask, emulated_distance_mask])
class TestBoth:
    def test_values_from_0_where_known_to_1_deep_inside(
        self, weight: Callable[[Tensor], Tensor]
    ) -> None:
        mask = box_mask(24, 24)
        mask[..., 2:22, 2:22] = 1
        found = weight(mask)
        assert not found[mask == 0].any()
        assert found[0, 0, 12, 12] == pytest.approx(1)
        torch.testing.assert_close(weight(torch.ones(1, 1, 9, 9)), torch.ones(1, 1, 9, 9))

    def test_precision(self, weight: Callable[[Tensor], Tensor]) -> None:
        mask = box_mask(24, 24).float()
        expected = weight(mask)
        assert weight(mask.double()).dtype == torch.float64
        assert weight(mask.half()).dtype == torch.float32
        with torch.autocast("cpu", dtype=torch.bfloat16):
            torch.testing.assert_close(weight(mask), expected, atol=1e-6, rtol=0)
            torch.testing.assert_close(weight(mask.half()), expected, atol=1e-6, rtol=0)

    def test_a_mask_of_three_channels(self, weight: Callable[[Tensor], Tensor]) -> None:
        with pytest.raises(ValueError, match=r"mask must have shape \(B, 1, H, W\)"):
            weight(torch.zeros(1, 3, 8, 8))
