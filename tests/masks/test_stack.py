"""A stack of masks is exact, small and comparable."""

from __future__ import annotations

import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.masks import (
    MaskStack,
)
from tests.helpers import seeded


@given(
    count=st.integers(1, 4), height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0)
)
def test_a_stack_gives_back_its_masks(count: int, height: int, width: int, seed: int) -> None:
    masks = torch.rand(count, 1, height, width, generator=seeded(seed % 2**32)) > 0.5
    stack = MaskStack.of(masks)
    assert torch.equal(torch.stack(list(stack)), masks.float())
    assert torch.equal(stack[-1], masks[-1].float())
    assert eval(repr(stack)) == stack  # noqa: S307 (our own repr)
    assert stack == MaskStack.of(masks[:, 0]) == MaskStack.of(masks.double())
    assert stack != MaskStack.of(~masks)
    assert stack == MaskStack.of(masks * 0.2)  # missing is whatever is above 0
    with pytest.raises(IndexError):
        stack[count]


def test_a_stack_is_small_and_its_own() -> None:
    masks = torch.zeros(8, 256, 256)
    stack = MaskStack.of(masks)
    masks.fill_(1)
    assert stack[0].sum() == 0
    assert len(pickle.dumps(stack)) < masks.numel() / 8 + 500


def test_what_is_no_stack() -> None:
    with pytest.raises(TypeError, match=r"mask must be bool, uint8 or floating-point, got .*int64"):
        MaskStack.of(torch.zeros(1, 2, 2).long())
    with pytest.raises(ValueError, match=r"mask must have shape \(H, W\), .* got \(2,\)"):
        MaskStack.of(torch.zeros(2))
    with pytest.raises(ValueError, match="masks must be at least one, got none"):
        MaskStack.of(torch.zeros(0, 2, 2))
    with pytest.raises(ValueError, match=r"at least one pixel, got shape \(1, 0, 2\)"):
        MaskStack.of(torch.zeros(1, 0, 2))
    with pytest.raises(ValueError, match=r"bits must have 2 bytes for shape \(1, 3, 3\), got 1"):
        MaskStack((1, 3, 3), b"a")


def test_a_stack_has_no_slices() -> None:
    stack = MaskStack.of(torch.ones(3, 4, 4))
    with pytest.raises(TypeError, match="integer"):
        stack[:2]  # type: ignore[index]
    with pytest.raises(IndexError):
        stack[3]
