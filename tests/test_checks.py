"""What each check of an argument accepts, and what it raises otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from lamakit._checks import (
    check_at_least,
    check_batch,
    check_feature_map,
    check_fraction,
    check_fraction_range,
    check_image_and_mask,
    check_non_negative,
    check_one_of,
    check_positive,
    check_same_device,
    check_same_shape,
    check_sides,
    check_size,
)

Check = Callable[..., None]

NAN, INFINITY = float("nan"), float("inf")
MAP = torch.zeros(2, 3, 4, 5)
IMAGE, MASK = torch.zeros(2, 3, 8, 9), torch.zeros(2, 1, 8, 9)


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        (check_at_least, (2, 2)),
        (check_at_least, (-1, -3)),
        (check_fraction, (0,)),
        (check_fraction, (1.0,)),
        (check_fraction, (np.float64(0.5),)),
        (check_fraction_range, (0.2, "y", 0.2)),
        (check_non_negative, (0,)),
        (check_non_negative, (1e30,)),
        (check_positive, (1e-30,)),
        (check_positive, (3,)),
        (check_size, ((1, 7),)),
        (check_size, ([7, 1],)),
        (check_size, (torch.Size((4, 5)),)),
        (check_one_of, ("fft", ("fft", "matmul"))),
        (check_feature_map, (MAP,)),
        (check_feature_map, (MAP.half(), 3)),
        (check_sides, (MAP, 4)),
        (check_same_device, (MAP, "other", MASK)),
        (check_same_shape, (MAP, "other", MAP.double())),
        (check_batch, (MAP, "other", torch.zeros(2))),
    ],
)
def test_good_arguments(check: Check, arguments: tuple[Any, ...]) -> None:
    check("x", *arguments)


@pytest.mark.parametrize(
    ("check", "arguments", "error", "message"),
    [
        (check_at_least, (1, 2), ValueError, "x must be at least 2, got 1"),
        (check_at_least, (2.0, 2), TypeError, "x must be an int, got 2.0 of type float"),
        (check_at_least, (True, 0), TypeError, "x must be an int, got True of type bool"),
        (check_fraction, (1.01,), ValueError, "x must lie between 0 and 1, got 1.01"),
        (check_fraction, (-0.1,), ValueError, "x must lie between 0 and 1, got -0.1"),
        (check_fraction, (NAN,), ValueError, "x must lie between 0 and 1, got nan"),
        (check_fraction, ("1",), TypeError, "x must be a number, got '1' of type str"),
        (check_fraction_range, (0.5, "y", 0.4), ValueError, "y must be at least x=0.5, got 0.4"),
        (check_fraction_range, (0, "y", 2), ValueError, "y must lie between 0 and 1, got 2"),
        (check_non_negative, (-1,), ValueError, "x must be finite and at least 0, got -1"),
        (check_non_negative, (NAN,), ValueError, "x must be finite and at least 0, got nan"),
        (check_non_negative, (INFINITY,), ValueError, "x must be finite and at least 0, got inf"),
        (check_non_negative, (None,), TypeError, "x must be a number, got None of type NoneType"),
        (check_positive, (0,), ValueError, "x must be above 0 and finite, got 0"),
        (check_positive, (NAN,), ValueError, "x must be above 0 and finite, got nan"),
        (check_positive, (INFINITY,), ValueError, "x must be above 0 and finite, got inf"),
        (check_positive, (False,), TypeError, "x must be a number, got False of type bool"),
        (check_size, (8,), TypeError, "x must be a pair (H, W), got 8"),
        (check_size, ((8, 8, 8),), TypeError, "x must be a pair (H, W), got (8, 8, 8)"),
        (check_size, ((0, 8),), ValueError, "x[0] must be at least 1, got 0"),
        (check_size, ((8, 1.5),), TypeError, "x[1] must be an int, got 1.5 of type float"),
        (
            check_one_of,
            ("mean", ("min", "max")),
            ValueError,
            "x must be one of min, max; got 'mean'",
        ),
        (check_feature_map, ([1],), TypeError, "x must be a torch.Tensor, got list"),
        (
            check_feature_map,
            (MAP.bool(),),
            TypeError,
            "x must be a floating-point tensor, got torch.bool",
        ),
        (check_feature_map, (MAP[0],), ValueError, "x must have shape (B, C, H, W), got (3, 4, 5)"),
        (
            check_feature_map,
            (MAP, 4),
            ValueError,
            "x must have shape (B, 4, H, W), got (2, 3, 4, 5)",
        ),
        (
            check_feature_map,
            (MAP[:, :, :0],),
            ValueError,
            "x must not be empty, got shape (2, 3, 0, 5)",
        ),
        (
            check_sides,
            (MAP, 5),
            ValueError,
            "x is 4x5, but its padding needs sides of at least 5: give a larger input",
        ),
        (
            check_sides,
            (MAP, 8, "halving it"),
            ValueError,
            "x is 4x5, but halving it needs sides of at least 8: give a larger input",
        ),
        (
            check_same_device,
            (MAP, "other", MAP.to("meta")),
            ValueError,
            "x and other must be on one device, got cpu and meta; move one with .to('cpu')",
        ),
        (
            check_same_shape,
            (MAP, "other", MAP[:1]),
            ValueError,
            "x and other must have one shape, got (2, 3, 4, 5) and (1, 3, 4, 5)",
        ),
        (
            check_same_shape,
            (MAP, "other", MAP.long()),
            TypeError,
            "other must be a floating-point tensor, got torch.int64",
        ),
        (check_same_shape, (3, "other", MAP), TypeError, "x must be a torch.Tensor, got int"),
        (
            check_same_shape,
            (MAP, "other", MAP.to("meta")),
            ValueError,
            "x and other must be on one device, got cpu and meta",
        ),
        (
            check_batch,
            (MAP, "other", MAP[:1]),
            ValueError,
            "x and other must have one batch size, got 2 and 1",
        ),
        (
            check_batch,
            (MAP.to("meta"), "other", MAP),
            ValueError,
            "x and other must be on one device, got meta and cpu",
        ),
    ],
)
def test_bad_arguments(
    check: Check, arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        check("x", *arguments)


def test_good_image_and_mask() -> None:
    check_image_and_mask(IMAGE, MASK)
    check_image_and_mask(IMAGE.double(), MASK.half())


@pytest.mark.parametrize(
    ("image", "mask", "error", "message"),
    [
        (IMAGE[0], MASK, ValueError, "image must have shape (B, C, H, W), got (3, 8, 9)"),
        (
            IMAGE[0],
            MASK,
            ValueError,
            "got (3, 8, 9); for a batch of one image (C, H, W), add [None]",
        ),
        (
            IMAGE[0].permute(1, 2, 0),
            MASK,
            ValueError,
            "got (8, 9, 3); if that is (H, W, C), add .permute(2, 0, 1)[None]",
        ),
        (
            IMAGE.permute(0, 2, 3, 1),
            MASK,
            ValueError,
            "got (2, 1, 8, 9); if the image is (B, H, W, C), add .permute(0, 3, 1, 2)",
        ),
        (IMAGE, MASK[0, 0], ValueError, "got (8, 9); as_mask adds what lacks"),
        (
            IMAGE.byte(),
            MASK,
            TypeError,
            "image must be a floating-point tensor, got torch.uint8; divide values from 0 to 255",
        ),
        (
            IMAGE.numpy(),
            MASK,
            TypeError,
            "image must be a torch.Tensor, got ndarray; read_image turns a file or a PIL image into",
        ),
        (
            IMAGE,
            None,
            TypeError,
            "mask must be a torch.Tensor, got NoneType; as_mask turns a bool, uint8 or float mask",
        ),
        (
            IMAGE,
            MASK.bool(),
            TypeError,
            "mask must be a floating-point tensor, got torch.bool; as_mask turns a bool, uint8",
        ),
        (
            IMAGE,
            IMAGE,
            ValueError,
            "must have shape (2, 1, 8, 9) to fit an image of shape (2, 3, 8, 9), got (2, 3, 8, 9)",
        ),
        (
            IMAGE,
            MASK.to("meta"),
            ValueError,
            "image and mask must be on one device, got cpu and meta; move one with .to('cpu')",
        ),
    ],
)
def test_bad_image_or_mask(image: Any, mask: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        check_image_and_mask(image, mask)
