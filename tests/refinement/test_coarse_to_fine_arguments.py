"""What refine refuses."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from lamakit._checks import check_image_and_mask
from lamakit.refinement import refine
from tests.images.samples import counted_calls
from tests.refinement.samples import MODEL, image_and_hole


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"iterations": -1}, ValueError, "iterations must be at least 0, got -1"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be above 0 and finite, got 0"),
        ({"learning_rate": "1"}, TypeError, "learning_rate must be a number, got '1'"),
        ({"min_side": 1}, ValueError, "min_side must be at least 2"),
        ({"max_scales": 0}, ValueError, "max_scales must be at least 1"),
        ({"erosion": 4}, ValueError, "erosion must be odd, .* got 4"),
        ({"max_pixels": 0}, ValueError, "max_pixels must be at least 1"),
        ({"tolerance": 2}, ValueError, "tolerance must lie between 0 and 1, got 2"),
        ({"split": nn.Identity()}, TypeError, r"must be a pair \(front, rear\), got Identity\(\)"),
        ({"split": (nn.Identity(),)}, TypeError, r"must be a pair \(front, rear\), got \(Identity"),
        ({"split": (nn.Identity(), [])}, ValueError, "at least one piece, got none"),
        ({"devices": []}, ValueError, "at least one device, got none"),
        (
            {"split": (nn.Identity(), [lambda x: x]), "devices": ["cpu"]},
            TypeError,
            "needs a rear of modules, .* piece 0 is a function",
        ),
        (
            {"split": (lambda _: {}, nn.Identity())},
            TypeError,
            r"a tuple or list of them, got {}",
        ),
        ({"split": (lambda _: (), nn.Identity())}, TypeError, r"of them, got \(\)"),
        (
            {"split": (nn.Identity(), lambda x: (x,))},
            TypeError,
            r"the rear's output must be a torch\.Tensor, got tuple",
        ),
        (
            {"split": (nn.Identity(), lambda x: x[:, :3, 1:])},
            ValueError,
            r"height and width, \(32, 32\), got \(31, 32\)",
        ),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        refine(MODEL, *image_and_hole(32, 32), **{"min_side": 16, **arguments})


def test_image_and_mask_are_checked_once() -> None:
    with counted_calls(check_image_and_mask) as calls:
        refine(MODEL, *image_and_hole(32, 32), min_side=16, iterations=2)
    assert len(calls) == 1
