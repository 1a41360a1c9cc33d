"""Masks from image files: bright means missing, and transparency is never guessed at."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lamakit.images import as_mask, dilate, read_image, read_mask


def file_of(levels: list[list[int]], path: Path, dtype: type = np.uint8, **options: Any) -> Path:
    """Save grey levels as an image and return the path."""
    Image.fromarray(np.array(levels, dtype=dtype)).save(path, **options)
    return path


def with_alpha(greys: list[int], alphas: list[int], path: Path) -> Path:
    """Save a row of grey pixels and their alpha values and return the path."""
    pixels = [[[grey, grey, grey, alpha] for grey, alpha in zip(greys, alphas, strict=True)]]
    Image.fromarray(np.array(pixels, dtype=np.uint8)).save(path)
    return path


def row(mask: torch.Tensor) -> list[float]:
    """Return the only row of a mask, after a look at its form."""
    assert mask.dtype == torch.float32
    assert mask.shape[:3] == (1, 1, 1)
    return mask[0, 0, 0].tolist()


def test_the_rules_are_those_of_as_mask(tmp_path: Path) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (9, 12), dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "mask.png")
    choices: list[dict[str, Any]] = [{}, {"threshold": 0.1}, {"invert": True}, {"dilate": 2}]
    for options in choices:
        expected = as_mask(levels, **options)
        assert torch.equal(read_mask(tmp_path / "mask.png", **options), expected)


def test_kinds_of_files(tmp_path: Path) -> None:
    assert row(read_mask(file_of([[0, 127, 128, 255]], tmp_path / "a.png"))) == [0, 0, 1, 1]
    deep = file_of([[0, 32767, 32768, 65535]], tmp_path / "b.png", np.uint16)
    assert row(read_mask(deep)) == [0, 0, 1, 1]
    Image.open(tmp_path / "a.png").convert("1").save(tmp_path / "c.png")
    assert row(read_mask(tmp_path / "c.png"))[::3] == [0, 1]
    palette = Image.open(tmp_path / "a.png").convert("RGB").quantize(4)
    palette.save(tmp_path / "d.gif")
    assert row(read_mask(tmp_path / "d.gif")) == [0, 0, 1, 1]
    colored = np.array([[[255, 255, 255], [0, 0, 255], [0, 255, 0]]], dtype=np.uint8)
    Image.fromarray(colored).save(tmp_path / "e.png")  # blue is dark, green is bright
    assert row(read_mask(tmp_path / "e.png")) == [1, 0, 1]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_is_turned_as_its_image_is(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    path = file_of([[255, 0, 0], [0, 0, 255]], tmp_path / "mask.png", exif=exif)
    assert torch.equal(read_mask(path), read_image(path, channels=1))


def test_transparent_pixels_may_be_missing_or_known(tmp_path: Path) -> None:
    photo = with_alpha([0, 200, 90, 255], [255, 0, 255, 100], tmp_path / "photo.png")
    assert row(read_mask(photo, transparency="missing")) == [0, 1, 0, 1]
    assert row(read_mask(photo, transparency="missing", invert=True)) == [1, 0, 1, 0]
    assert row(read_mask(photo, transparency="missing", dilate=1)) == [1, 1, 1, 1]
    # White under a transparent pixel is nothing that anyone sees.
    strokes = with_alpha([255, 255, 255, 0], [0, 255, 200, 255], tmp_path / "strokes.png")
    assert row(read_mask(strokes, transparency="known")) == [0, 1, 1, 0]
    for path in (photo, strokes):
        with pytest.raises(
            ValueError, match=r"has transparent pixels: give transparency='missing'"
        ):
            read_mask(path)


def test_an_opaque_alpha_channel_says_nothing(tmp_path: Path) -> None:
    path = with_alpha([0, 255, 200], [255, 255, 255], tmp_path / "mask.png")
    assert row(read_mask(path)) == row(read_mask(path, transparency="known")) == [0, 1, 1]
    assert row(read_mask(path, transparency="missing")) == [0, 0, 0]
    plain = file_of([[0, 255]], tmp_path / "plain.png")
    assert row(read_mask(plain, transparency="known")) == [0, 1]
    with pytest.raises(ValueError, match=r"plain\.png' stores no transparency; leave"):
        read_mask(plain, transparency="missing")


def test_transparency_of_a_palette(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[0, 1, 2]], dtype=np.uint8), "P")
    picture.putpalette([0, 0, 0, 255, 255, 255, 90, 90, 90])
    picture.save(tmp_path / "a.gif", transparency=2)
    assert row(read_mask(tmp_path / "a.gif", transparency="missing")) == [0, 0, 1]
    assert row(read_mask(tmp_path / "a.gif", transparency="known")) == [0, 1, 0]


def test_labels_are_not_taken_for_black(tmp_path: Path) -> None:
    path = file_of([[0, 1, 0]], tmp_path / "labels.png")
    with pytest.raises(ValueError, match=r"labels\.png' is 1 of 255, which is black; if 1 means"):
        read_mask(path)
    assert row(read_mask(path, threshold=0)) == [0, 1, 0]
    assert row(read_mask(file_of([[0, 0]], tmp_path / "empty.png"))) == [0, 0]


def test_dilation_is_that_of_dilate(tmp_path: Path) -> None:
    path = file_of([[0] * 9] * 4 + [[0] * 4 + [255] + [0] * 4] + [[0] * 9] * 4, tmp_path / "a.png")
    assert torch.equal(read_mask(path, dilate=3), dilate(read_mask(path), 3))


def test_open_files(tmp_path: Path) -> None:
    path = with_alpha([0, 200, 90, 255], [255, 0, 255, 100], tmp_path / "mask.png")
    with path.open("rb") as file:
        assert row(read_mask(file, transparency="missing")) == [0, 1, 0, 1]
        assert row(read_mask(file, transparency="known")) == [0, 0, 0, 0]  # from the beginning
        with pytest.raises(ValueError, match=r"mask\.png' has transparent pixels"):
            read_mask(file)
    with pytest.raises(ValueError, match="the given file has transparent pixels"):
        read_mask(io.BytesIO(path.read_bytes()))


def test_bad_arguments(tmp_path: Path) -> None:
    path = file_of([[0, 255]], tmp_path / "mask.png")
    with pytest.raises(ValueError, match="must be 'missing', 'known' or None, got 'black'"):
        read_mask(path, transparency="black")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="threshold must be below 1"):
        read_mask(path, threshold=1)
    with pytest.raises(ValueError, match="dilate must be at least 0, got -1"):
        read_mask(path, dilate=-1)
    with pytest.raises(FileNotFoundError, match=r"missing\.png"):
        read_mask(tmp_path / "missing.png")
