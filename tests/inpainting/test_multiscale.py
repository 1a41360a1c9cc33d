"""Inpainting at a smaller size."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lamakit.images import composite
from lamakit.images.resizing import downsample, upsample
from lamakit.inpainting import inpaint, inpaint_multiscale
from tests.images.samples import random_pair
from tests.inpainting.samples import MODEL, Recorder


def test_the_copy_is_as_large_as_asked_for() -> None:
    model = Recorder()
    inpaint_multiscale(model, *random_pair(200, 300), max_side=60)
    assert model.shapes == [(2, 4, 40, 60)]


def test_the_filling_is_the_one_of_the_copy() -> None:
    image, mask = random_pair(60, 44)
    small = inpaint(MODEL, *downsample(image, mask, (30, 22)))
    expected = composite(upsample(small, (60, 44)), image, mask)
    assert torch.equal(inpaint_multiscale(MODEL, image, mask, max_side=30), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_side": 0}, "max_side must be at least 1"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inpaint_multiscale(MODEL, *random_pair(8, 8), **arguments)
