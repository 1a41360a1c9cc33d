"""Crops of one image with further holes: what they show, and what is learned from them."""

from __future__ import annotations

import pytest
import torch

from lamakit.masks import CentreBox
from lamakit.training.fitting_examples import CROP_SIZE, ExampleSource, OwnHole
from tests.helpers import rectangle_mask, seeded


def test_missing_pixels_are_never_learned() -> None:
    image = torch.rand(1, 3, 40, 50)
    mask = rectangle_mask(40, 50, slice(10, 30), slice(5, 35))
    image[mask.expand_as(image) > 0] = torch.nan
    source = ExampleSource(image, mask, None, 32)
    for seed in range(8):
        example = source(seeded(seed))
        assert example.image.isfinite().all()
        own = (example.image == 0).all(1, keepdim=True)  # where a missing pixel was
        assert not (example.learned.bool() & own).any()
        assert (example.mask[own] == 1).all()
        assert (example.mask >= example.learned).all()
        assert (~own).flatten(1).any(1).all()  # each crop has a known pixel


def test_further_holes_are_learned_where_pixels_are_known() -> None:
    source = ExampleSource(torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64), CentreBox(), 64)
    example = source(seeded())
    assert torch.equal(example.learned, example.mask)
    assert example.learned.mean() > 0.1


@pytest.mark.parametrize(
    ("size", "crop_size", "wanted"),
    [
        ((300, 280), CROP_SIZE, (1, 256, 256)),
        ((300, 280), 128, (4, 128, 128)),
        ((300, 100), 150, (4, 150, 100)),
        ((20, 30), CROP_SIZE, (4, 20, 30)),
    ],
)
def test_of_smaller_crops_there_are_more(
    size: tuple[int, int], crop_size: int, wanted: tuple[int, int, int]
) -> None:
    source = ExampleSource(torch.rand(1, 3, *size), torch.zeros(1, 1, *size), None, crop_size)
    count, height, width = wanted
    assert source(seeded()).image.shape == (count, 3, height, width)


def test_an_image_without_known_pixels() -> None:
    with pytest.raises(ValueError, match="mask must leave a known pixel"):
        ExampleSource(torch.rand(1, 3, 8, 8), torch.ones(1, 1, 8, 8), None, 8)


def test_pieces_of_the_own_hole_have_its_shape() -> None:
    missing = torch.zeros(48, 64, dtype=torch.bool)
    missing[10:14, 20:32] = True  # 4 x 12
    masks = OwnHole(missing).batch(50, (48, 64), generator=seeded())
    assert masks.shape == (50, 1, 48, 64)
    assert (masks.sum((1, 2, 3)) == 48).all()  # moved around the borders, but whole
    heights = {int(mask[0].any(1).sum()) for mask in masks}
    widths = {int(mask[0].any(0).sum()) for mask in masks}
    assert (heights, widths) == ({4}, {12})
    places = {tuple(mask[0].nonzero()[0].tolist()) for mask in masks}
    assert len(places) > 30


def test_pieces_of_a_large_hole_are_never_empty() -> None:
    missing = torch.zeros(200, 300, dtype=torch.bool)
    missing[20, 40] = True
    masks = OwnHole(missing).batch(30, (16, 16), generator=seeded())
    assert (masks.sum((1, 2, 3)) >= 1).all()
