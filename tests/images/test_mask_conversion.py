"""Conversion of masks: every common form, and errors for what is ambiguous."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from lamakit.images import as_mask, dilate
from tests.helpers import seeded


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (torch.tensor([[True, False]]), [1, 0]),
        (torch.tensor([[255, 0]], dtype=torch.uint8), [1, 0]),
        (torch.tensor([[127, 128]], dtype=torch.uint8), [0, 1]),
        (torch.tensor([[0.5, 0.51]]), [0, 1]),
        (torch.tensor([[0.2, 0.9]], dtype=torch.float64), [0, 1]),
        (np.array([[0, 255]], dtype=np.uint8), [0, 1]),
        (np.array([[True, False]])[:, ::-1], [0, 1]),
    ],
)
def test_as_mask_takes_every_common_form(mask: Tensor, expected: list[int]) -> None:
    result = as_mask(mask)
    assert result.dtype == torch.float32
    assert result.shape == (1, 1, 1, 2)
    assert result.flatten().tolist() == expected
    assert as_mask(mask, invert=True).flatten().tolist() == [1 - value for value in expected]


def test_as_mask_shapes() -> None:
    for shape in [(4, 5), (1, 4, 5), (1, 1, 4, 5)]:
        assert as_mask(torch.zeros(shape)).shape == (1, 1, 4, 5)
    assert as_mask(torch.zeros(3, 4, 5)).shape == (3, 1, 4, 5)


def test_dilation() -> None:
    mask = torch.rand(2, 1, 10, 12, generator=seeded())
    assert torch.equal(as_mask(mask, dilate=2), dilate((mask > 0.5).float(), 2))
    known = as_mask(mask, invert=True, dilate=1)
    assert torch.equal(known, dilate((mask <= 0.5).float(), 1))


@pytest.mark.parametrize(
    ("mask", "settings", "error", "message"),
    [
        ([[0, 1]], {}, TypeError, "a numpy array or a PIL image, got list; read_mask reads"),
        (
            torch.zeros(2, 2, dtype=torch.int64),
            {},
            TypeError,
            "bool, uint8 or floating-point, got torch.int64",
        ),
        (
            torch.ones(2, 2, dtype=torch.uint8),
            {},
            ValueError,
            "counts from 0 to 255, got at most 1",
        ),
        (torch.full((2, 2), 255.0), {}, ValueError, r"values in \[0, 1\]; scale it first"),
        (torch.full((2, 2), torch.nan), {}, ValueError, r"values in \[0, 1\]"),
        (torch.zeros(1, 3, 2, 2), {}, ValueError, r"or \(B, 1, H, W\), got \(1, 3, 2, 2\)"),
        (
            torch.zeros(2, 2),
            {"threshold": 2},
            ValueError,
            "threshold must lie between 0 and 1, got 2",
        ),
        (torch.zeros(2, 2), {"threshold": 1}, ValueError, "threshold must be below 1"),
        (torch.zeros(2, 2), {"dilate": -1}, ValueError, "dilate must be at least 0, got -1"),
    ],
)
def test_as_mask_refuses(
    mask: Tensor, settings: dict[str, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        as_mask(mask, **settings)  # type: ignore[arg-type]


def test_read_only_arrays_and_pictures() -> None:
    array = np.zeros((2, 5), dtype=bool)
    array.flags.writeable = False
    assert as_mask(array).sum() == 0
    with pytest.raises(ValueError, match=r"looks like \(H, W, C\); give one channel of it"):
        as_mask(np.zeros((4, 5, 3), dtype=np.uint8))


LEVELS = np.array([[0, 40, 200, 255]], dtype=np.uint8)


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "CMYK", "1", "I;16"])
def test_pil_images(mode: str) -> None:
    picture = Image.fromarray(LEVELS)
    if mode == "I;16":
        picture = Image.fromarray(LEVELS.astype(np.uint16) * 257)
    elif mode == "1":
        picture = picture.point(lambda level: level > 99 and 255).convert("1")  # without dither
    elif mode != "L":
        picture = picture.convert("RGB").convert(mode)
    assert picture.mode == mode
    assert as_mask(picture).tolist() == [[[[0, 0, 1, 1]]]]
    assert as_mask(picture, invert=True).tolist() == [[[[1, 1, 0, 0]]]]


def test_pil_images_that_could_mean_two_things() -> None:
    picture = Image.fromarray(LEVELS)
    with pytest.raises(
        ValueError, match=r"mode RGBA with transparency; give read_mask\(mask, trans"
    ):
        as_mask(picture.convert("RGBA"))
    with pytest.raises(ValueError, match=r"mode F, whose range .* numpy\.asarray\(mask\) > 0"):
        as_mask(picture.convert("F"))
    with pytest.raises(ValueError, match=r"at most 1; .* numpy\.asarray\(mask\) != 0"):
        as_mask(Image.fromarray(LEVELS // 255))


def test_what_else_integers_could_mean() -> None:
    with pytest.raises(TypeError, match=r"got torch\.int64; if values above 0 mean missing, give"):
        as_mask(np.zeros((2, 2), dtype=np.int64))
