"""Tiles: which are run, and how they overlap."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lamakit.inpainting import inpaint, inpaint_tiled
from tests.images.samples import image_with_boxes, random_pair
from tests.inpainting.samples import MODEL, Recorder


def test_only_tiles_with_holes_are_run() -> None:
    model = Recorder()
    image, mask = image_with_boxes((100, 100), (10, 10, 20, 20))
    inpaint_tiled(model, image, mask, tile=40, overlap=10)
    assert model.shapes == [(1, 4, 40, 40)]
    inpaint_tiled(model, image, torch.zeros_like(mask), tile=40, overlap=10)
    assert len(model.shapes) == 1


@given(
    side=st.integers(1, 60),
    tile=st.integers(2, 30),
    share=st.floats(0, 0.9),
    seed=st.integers(0, 9),
)
def test_tiles_average_what_they_agree_on(side: int, tile: int, share: float, seed: int) -> None:
    overlap = int(share * tile)

    def model(x: Tensor) -> Tensor:
        return x[:, :3] + 2  # depends on the place alone

    image, mask = random_pair(side, 40, share=0.3, seed=seed)
    result = inpaint_tiled(model, image, mask, tile=tile, overlap=min(overlap, tile - 1))
    torch.testing.assert_close(result, inpaint(model, image, mask), rtol=0, atol=1e-5)


def test_neighbouring_tiles_fade_into_each_other() -> None:
    values = iter([0.0, 1.0])

    def model(x: Tensor) -> Tensor:
        return torch.full_like(x[:, :3], next(values))

    image, mask = image_with_boxes((20, 50), (9, 0, 11, 50))
    row = inpaint_tiled(model, image, mask, tile=30, overlap=10)[0, 0, 10]
    assert (row[:20] == 0).all()
    assert (row[30:] == 1).all()
    assert (row[19:31].diff() > 0).all()
    assert (row[19:31].diff() < 0.1).all()


def test_the_overlap_follows_the_tile() -> None:
    image, mask = random_pair(20, 36)
    for tile, overlap in ((7, 1), (16, 4), (64, 16)):
        expected = inpaint_tiled(MODEL, image, mask, tile=tile, overlap=overlap)
        assert torch.equal(inpaint_tiled(MODEL, image, mask, tile=tile), expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_tiles_travel_to_the_model() -> None:
    image, mask = random_pair(60, 60)
    model = copy.deepcopy(MODEL)
    expected = inpaint_tiled(model, image, mask, tile=32, overlap=8)
    result = inpaint_tiled(model.cuda(), image, mask, tile=32, overlap=8)
    assert result.device == image.device
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tile": 0}, "tile must be at least 1"),
        ({"overlap": -1}, "overlap must be at least 0"),
        ({"tile": 8, "overlap": 8}, "overlap must be below tile=8, got 8"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inpaint_tiled(MODEL, *random_pair(8, 8), **arguments)
