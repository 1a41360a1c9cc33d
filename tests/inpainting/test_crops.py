"""Crops: what they take in, when they merge, and how large the model sees them."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch

from lamakit.images import blend
from lamakit.inpainting import inpaint, inpaint_crop
from tests.images.samples import image_with_boxes, random_pair
from tests.inpainting.samples import MODEL, Recorder


def test_crops_of_one_size_go_together() -> None:
    model = Recorder()
    holes = [(10, 10 + 40 * n, 14, 14 + 40 * n) for n in range(5)]
    inpaint_crop(
        model, *image_with_boxes((40, 240), *holes, (30, 200, 40, 240)), margin=6, batch_size=2
    )
    assert model.shapes == [(2, 4, 16, 16), (2, 4, 16, 16), (1, 4, 16, 16), (1, 4, 16, 48)]


def test_crops_that_touch_become_one() -> None:
    model = Recorder()
    pair = image_with_boxes(
        (60, 60), (10, 10, 12, 12), (22, 22, 24, 24)
    )  # 10 pixels apart, corner to corner
    inpaint_crop(model, *pair, margin=5)
    inpaint_crop(model, *pair, margin=4)
    assert model.shapes == [(1, 4, 24, 24), (2, 4, 12, 12)]


def test_merging_goes_on_until_none_touch() -> None:
    model = Recorder()
    # The first two crops' common one reaches the third, which neither of them does.
    pair = image_with_boxes((80, 80), (10, 10, 12, 50), (14, 60, 50, 62), (40, 20, 42, 22))
    inpaint_crop(model, *pair, margin=5)
    assert model.shapes == [(1, 4, 52, 64)]


def test_a_crop_sees_nothing_else() -> None:
    image, mask = image_with_boxes((80, 120), (20, 20, 30, 30))
    elsewhere = image.clone()
    elsewhere[..., 60:] = 0
    results = [
        inpaint_crop(MODEL, pixels, mask, margin=16)[..., :60] for pixels in (image, elsewhere)
    ]
    assert torch.equal(*results)
    whole = [inpaint(MODEL, pixels, mask)[..., :60] for pixels in (image, elsewhere)]
    assert not torch.equal(*whole)


def test_a_crop_is_filled_as_an_image_of_its_own() -> None:
    image, mask = image_with_boxes((80, 120), (20, 20, 35, 30))
    result = inpaint_crop(MODEL, image, mask, margin=9)
    window = (..., slice(11, 44), slice(11, 39))
    expected = inpaint(MODEL, image[window], mask[window])
    torch.testing.assert_close(result[window], expected, rtol=0, atol=1e-6)


def test_large_crops_are_filled_at_a_smaller_size() -> None:
    model = Recorder()
    image, mask = image_with_boxes((100, 150), (20, 20, 70, 120))
    result = inpaint_crop(model, image, mask, margin=10, max_side=48)
    assert model.shapes == [(1, 4, 28, 48)]
    # Not even at the edge of the hole do known pixels leak into the filling.
    assert ((result[mask.expand_as(image) > 0] - 0.5).abs() < 1e-6).all()


def test_crops_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(ImportError, match=r"inpaint_crop needs scipy: pip install 'lamakit\[io\]'"):
        inpaint_crop(MODEL, *random_pair(20, 20))


def test_crops_can_be_feathered() -> None:
    image, mask = image_with_boxes((60, 60), (20, 20, 40, 40))
    plain = inpaint_crop(MODEL, image, mask, margin=8)
    expected = blend(plain, image, mask, feather=4)
    assert torch.equal(inpaint_crop(MODEL, image, mask, margin=8, feather=4), expected)
    assert not torch.equal(plain, expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"margin": -1}, "margin must be at least 0, got -1"),
        ({"max_side": 0}, "max_side must be at least 1"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"feather": -1}, "feather must be at least 0"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inpaint_crop(MODEL, *random_pair(8, 8), **arguments)
