"""Network inputs and results: known pixels are exact, missing ones are never looked at."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.images import blend, composite, stack_inputs
from tests.images.samples import random_pair


def test_the_stack_is_the_masked_image_and_the_mask() -> None:
    image, mask = random_pair(6, 7)
    assert torch.equal(stack_inputs(image, mask), torch.cat([image * (1 - mask), mask], dim=1))


def test_any_value_above_0_is_missing() -> None:
    image, mask = random_pair(6, 6)
    soft = mask * 1e-8
    assert torch.equal(stack_inputs(image.half(), soft), stack_inputs(image.half(), mask))
    assert torch.equal(composite(1 - image, image, soft), composite(1 - image, image, mask))


def test_missing_pixels_may_hold_nan() -> None:
    image, mask = random_pair(6, 6)
    poisoned = torch.where(mask > 0, torch.nan, image)
    assert torch.equal(stack_inputs(poisoned, mask), stack_inputs(image, mask))
    assert torch.equal(composite(1 - image, poisoned, mask), composite(1 - image, image, mask))


def test_the_composite_has_the_dtype_of_the_image() -> None:
    image, mask = random_pair(6, 6)
    result = composite(image, image.half(), mask)
    assert result.dtype == torch.float16
    assert torch.equal(result, image.half())


@given(height=st.integers(1, 20), width=st.integers(1, 20), feather=st.integers(0, 5))
def test_feathering_stays_inside_the_hole(height: int, width: int, feather: int) -> None:
    image, mask = random_pair(height, width, share=0.8)
    result = blend(image + 1, image, mask, feather=feather)
    weight = (result - image)[:, :1]
    assert torch.equal(weight[mask == 0], torch.zeros(int((mask == 0).sum())))
    known = (mask == 0).nonzero()
    for number, _, row, column in mask.nonzero().tolist():
        near = known[known[:, 0] == number][:, 2:] - torch.tensor([row, column])
        depth = int(near.abs().amax(1).min()) if len(near) else feather + 1
        expected = min(depth, feather + 1) / (feather + 1)
        assert float(weight[number, 0, row, column]) == pytest.approx(expected, abs=1e-6)


def test_beyond_the_transition_the_image_may_hold_nan() -> None:
    image, mask = torch.zeros(1, 1, 9, 9), torch.zeros(1, 1, 9, 9)
    mask[..., 1:8, 1:8] = 1
    image[..., 3:6, 3:6] = torch.nan
    result = blend(torch.ones_like(image), image, mask, feather=2)
    assert result[0, 0, 4].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1, 1, 1, 2 / 3, 1 / 3, 0])


def test_bad_predictions() -> None:
    image, mask = random_pair(8, 8)
    with pytest.raises(
        ValueError, match="prediction and image must be on one device, got meta and"
    ):
        composite(image.to("meta"), image, mask)
    with pytest.raises(
        TypeError, match=r"prediction must be a floating-point tensor, got torch\.int"
    ):
        composite(image.int(), image, mask)
    with pytest.raises(
        ValueError, match=r"must have one shape, got \(2, 1, 8, 8\) and \(2, 3, 8, 8\)"
    ):
        blend(image[:, :1], image, mask, feather=1)
    with pytest.raises(ValueError, match="feather must be at least 0, got -1"):
        blend(image, image, mask, feather=-1)
