"""Padding fits and is undone by cropping."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lamakit.images import crop_to_size, pad_to_multiple
from lamakit.images.padding import pad_for_model
from tests.images.samples import random_pair

sides = st.integers(1, 40)


@given(height=sides, width=sides, multiple=st.integers(1, 16), min_size=sides)
def test_padding_fits_and_inverts(height: int, width: int, multiple: int, min_size: int) -> None:
    image, _ = random_pair(height, width)
    padded = pad_to_multiple(image, multiple, min_size=min_size)
    for side, old in zip(padded.shape[2:], (height, width), strict=True):
        assert side % multiple == 0
        assert max(old, min_size) <= side < max(old, min_size) + multiple
    assert torch.equal(crop_to_size(padded, (height, width)), image)


def test_padding_reflects_and_else_repeats() -> None:
    row = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    assert pad_to_multiple(row, 5)[0, 0, 0].tolist() == [1, 2, 3, 2, 1]
    assert pad_to_multiple(row, 6)[0, 0, 0].tolist() == [1, 2, 3, 3, 3, 3]
    assert pad_to_multiple(row, 5)[0, 0].shape == (5, 5)


class Sized(nn.Identity):
    size_multiple = 8
    min_size = 24


def test_a_model_says_the_size() -> None:
    image, _ = random_pair(9, 20)
    assert pad_for_model(image, nn.Identity()) is image
    assert pad_for_model(image, Sized()).shape[2:] == (24, 24)
    assert pad_for_model(image, nn.DataParallel(Sized())).shape[2:] == (24, 24)


@pytest.mark.parametrize("name", ["size_multiple", "min_size"])
@pytest.mark.parametrize("value", [0, -8, 8.0, None])
def test_a_model_with_wrong_sizes(name: str, value: object) -> None:
    model = nn.Identity()
    setattr(model, name, value)
    with pytest.raises((ValueError, TypeError), match=f"the model's {name} must be"):
        pad_for_model(torch.zeros(1, 3, 8, 8), model)


def test_bad_arguments() -> None:
    image, _ = random_pair(8, 8)
    with pytest.raises(ValueError, match="image must be at least 9x8 to be cropped to it, got 8x8"):
        crop_to_size(image, (9, 8))
    with pytest.raises(TypeError, match=r"size must be a pair \(H, W\), got 8"):
        crop_to_size(image, 8)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="multiple must be at least 1, got 0"):
        pad_to_multiple(image, 0)
    with pytest.raises(ValueError, match="min_size must be at least 1, got 0"):
        pad_to_multiple(image, 8, min_size=0)
    with pytest.raises(ValueError, match=r"image must have shape \(B, C, H, W\), got \(3, 8, 8\)"):
        pad_to_multiple(image[0], 8)
