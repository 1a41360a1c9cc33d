"""Images from files that are open already."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lamakit.images import read_image, read_mask
from lamakit.images.image_files import open_picture


def noise() -> Image.Image:
    """Return a picture of noise, 5 pixels high and 7 wide."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8))


def content(picture: Image.Image, suffix: str, **options: Any) -> bytes:
    """Return what is in a file of the picture."""
    file = io.BytesIO()
    picture.save(file, suffix, **options)
    return file.getvalue()


class Pipe(io.RawIOBase):
    """A file that is read from front to back only."""

    def __init__(self, text: bytes) -> None:
        self.inner = io.BytesIO(text)

    def read(self, size: int | None = -1, /) -> bytes:
        return self.inner.read(size)


@pytest.mark.parametrize("suffix", ["png", "jpeg", "tiff", "gif", "webp"])
def test_open_files_are_read_as_paths_are(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content(noise(), suffix))
    expected = read_image(path)
    with path.open("rb") as file:
        assert torch.equal(read_image(file), expected)
        assert torch.equal(read_image(file), expected)  # from the beginning, and still open
    memory = io.BytesIO(path.read_bytes())
    assert torch.equal(read_image(memory), expected)
    assert torch.equal(read_image(Pipe(path.read_bytes())), expected)  # type: ignore[arg-type]


def test_16_bit_grey() -> None:
    levels = np.arange(35, dtype=np.uint16).reshape(5, 7) * 1900 + 7
    found = read_image(io.BytesIO(content(Image.fromarray(levels), "png")), channels=1)
    assert torch.equal(found[0, 0], torch.from_numpy(levels.astype(np.float32)) / 65535)


def test_exif_orientation() -> None:
    exif = Image.Exif()
    exif[274] = 6
    turned = read_image(io.BytesIO(content(noise(), "png", exif=exif)))
    upright = read_image(io.BytesIO(content(noise(), "png")))
    assert torch.equal(turned, upright.transpose(2, 3).flip(3))


def test_a_picture_outlives_its_file(tmp_path: Path) -> None:
    """It is decoded when it is returned: Pillow alone would decode when pixels are asked for."""
    frames = [noise(), Image.new("RGB", (7, 5), "blue")]
    for suffix in ("gif", "tiff", "png", "mpo", "webp"):
        path = tmp_path / f"a.{suffix}"
        path.write_bytes(content(frames[0], suffix, save_all=True, append_images=frames[1:]))
        expected = read_image(path)[0, :, 1:4, 2:6]
        picture = open_picture(path, user="test")
        path.unlink()
        part = np.asarray(picture.crop((2, 1, 6, 4)).convert("RGB"))
        assert torch.equal(torch.tensor(part).permute(2, 0, 1) / 255, expected)


def test_files_without_an_image(tmp_path: Path) -> None:
    text = b"no image" * 10
    with pytest.raises(ValueError, match=r"^the given file is no image .* read: unknown format$"):
        read_image(io.BytesIO(text))
    (tmp_path / "a.png").write_bytes(text)
    with (
        (tmp_path / "a.png").open("rb") as file,
        pytest.raises(ValueError, match=r"a\.png' is no image .* read: unknown format$"),
    ):
        read_image(file)
    whole = content(noise(), "png")
    with pytest.raises(ValueError, match="the given file is no image that Pillow can read"):
        read_image(io.BytesIO(whole[:80]))


@pytest.mark.parametrize("source", [None, 3, torch.zeros(1, 3, 4, 4), b"a.png"])
def test_what_is_neither_path_nor_file(source: Any) -> None:
    with pytest.raises(TypeError, match="from a path, a file opened in binary mode or a PIL image"):
        read_image(source)


def test_files_opened_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"text")
    with path.open() as file, pytest.raises(ValueError, match=r"a\.png' is no image that Pillow"):
        read_image(file)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_limit_of_pixels() -> None:
    file = io.BytesIO(content(noise(), "png"))
    assert open_picture(file, user="test", max_pixels=35).size == (7, 5)
    with pytest.raises(
        ValueError, match=r"the given file is too large: 7x5 pixels, .* limit is 34"
    ):
        open_picture(file, user="test", max_pixels=34)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA"])
def test_pil_images_are_read_as_their_files_are(mode: str) -> None:
    picture = noise().convert(mode)
    exif = picture.getexif()
    exif[0x0112] = 6  # turned by 90 degrees
    file = io.BytesIO(content(picture, "png", exif=exif))
    assert torch.equal(read_image(picture), read_image(file))
    assert read_image(picture).shape == (1, 3, 7, 5)
    assert picture.size == (7, 5)  # as it was
    assert torch.equal(read_mask(picture), read_mask(file))


def test_pil_images_of_16_bits() -> None:
    levels = np.arange(35, dtype=np.uint16).reshape(5, 7) * 1900 + 7
    found = read_image(Image.fromarray(levels), channels=1)
    assert torch.equal(found[0, 0], torch.from_numpy(levels.astype(np.float32)) / 65535)
    with pytest.raises(ValueError, match="the given PIL image has pixels of mode I, whose range"):
        read_image(Image.fromarray(levels.astype(np.int32)))
    with pytest.raises(ValueError, match="the given PIL image stores no transparency"):
        read_mask(noise(), transparency="missing")
