"""Images from files of every kind, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lamakit.images import read_image, save_image
from tests.helpers import seeded

HEIGHT, WIDTH = 5, 7
LEVELS = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
RGB = Image.fromarray(LEVELS)
GREY_LEVELS_16 = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 1900 + 7


def saved(picture: Image.Image, path: Path, **options: Any) -> Path:
    """Save a picture and return the path."""
    picture.save(path, **options)
    return path


def values(picture: Image.Image) -> torch.Tensor:
    """Return the pixels of an RGB or 8 bit grey picture as (1, C, H, W)."""
    array = np.array(picture)
    return torch.from_numpy(array.reshape(*array.shape[:2], -1)).permute(2, 0, 1)[None] / 255


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".ppm"])
def test_rgb(suffix: str, tmp_path: Path) -> None:
    image = read_image(saved(RGB, tmp_path / f"image{suffix}"))
    assert image.dtype == torch.float32
    assert image.is_contiguous()
    assert torch.equal(image, values(RGB))


@pytest.mark.parametrize("mode", ["L", "1", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_modes(mode: str, tmp_path: Path) -> None:
    """A picture of any mode is read as Pillow converts it."""
    path = tmp_path / ("image.png" if mode in ("L", "1", "LA", "P", "RGBA") else "image.tif")
    picture = RGB.convert("LA" if mode == "PA" else mode)
    if mode == "PA":
        picture = picture.convert("PA")
    elif mode == "HSV":
        picture = picture.convert("RGB")  # no file format holds it
    opened = Image.open(saved(picture, path))
    through = opened.convert("RGBA") if opened.has_transparency_data else opened
    assert torch.equal(read_image(path), values(through.convert("RGB")))
    assert torch.equal(read_image(path, channels=1), values(through.convert("L")))


def test_grey_as_one_channel_and_as_three(tmp_path: Path) -> None:
    path = saved(RGB.convert("L"), tmp_path / "grey.png")
    assert torch.equal(read_image(path), read_image(path, channels=1).expand(1, 3, HEIGHT, WIDTH))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
def test_16_bit_grey_keeps_its_precision(suffix: str, tmp_path: Path) -> None:
    path = saved(Image.fromarray(GREY_LEVELS_16), tmp_path / f"deep{suffix}")
    expected = torch.from_numpy(GREY_LEVELS_16.astype(np.float32))[None, None] / 65535
    assert torch.equal(read_image(path, channels=1), expected)
    assert torch.equal(read_image(path), expected.expand(1, 3, HEIGHT, WIDTH))


def test_16_bit_grey_of_the_other_byte_order(tmp_path: Path) -> None:
    big_endian = Image.frombytes("I;16B", (WIDTH, HEIGHT), GREY_LEVELS_16.astype(">u2").tobytes())
    path = saved(big_endian, tmp_path / "deep.tif")
    expected = torch.from_numpy(GREY_LEVELS_16.astype(np.float32)) / 65535
    assert torch.equal(read_image(path, channels=1)[0, 0], expected)


def test_transparency_is_left_out(tmp_path: Path) -> None:
    picture = RGB.convert("RGBA")
    picture.putalpha(Image.fromarray(np.full((HEIGHT, WIDTH), 3, dtype=np.uint8)))
    assert torch.equal(read_image(saved(picture, tmp_path / "a.png")), values(RGB))
    keyed = saved(RGB, tmp_path / "b.png", transparency=tuple(LEVELS[0, 0].tolist()))
    assert torch.equal(read_image(keyed), values(RGB))
    palette = RGB.quantize(4)
    gif = saved(palette, tmp_path / "c.gif", transparency=0)
    assert torch.equal(read_image(gif), values(palette.convert("RGB")))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_exif_orientation(orientation: int, suffix: str, tmp_path: Path) -> None:
    """A file that says how it was turned is read upright."""
    exif = Image.Exif()
    exif[274] = orientation
    # By the EXIF standard: where the first row and the first column of the file belong.
    upright = {
        1: LEVELS,
        2: LEVELS[:, ::-1],  # top, right
        3: LEVELS[::-1, ::-1],  # bottom, right
        4: LEVELS[::-1],  # bottom, left
        5: LEVELS.transpose(1, 0, 2),  # left, top
        6: LEVELS.transpose(1, 0, 2)[:, ::-1],  # right, top
        7: LEVELS.transpose(1, 0, 2)[::-1, ::-1],  # right, bottom
        8: LEVELS.transpose(1, 0, 2)[::-1],  # left, bottom
    }[orientation]
    options: dict[str, Any] = {"quality": 100, "subsampling": 0} if suffix == ".jpg" else {}
    path = saved(RGB, tmp_path / f"turned{suffix}", exif=exif, **options)
    expected = values(Image.fromarray(np.ascontiguousarray(upright)))
    tolerance = 0.02 if suffix == ".jpg" else 0
    torch.testing.assert_close(read_image(path), expected, rtol=0, atol=tolerance)


def test_exif_orientation_of_16_bit_grey(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    path = saved(Image.fromarray(GREY_LEVELS_16), tmp_path / "turned.png", exif=exif)
    expected = torch.from_numpy(GREY_LEVELS_16.astype(np.float32)).T.flip(1) / 65535
    assert torch.equal(read_image(path, channels=1)[0, 0], expected)


def test_of_an_animation_the_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (WIDTH, HEIGHT), color) for color in ("red", "blue")]
    path = saved(frames[0], tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert torch.equal(read_image(path), values(frames[0]))


@pytest.mark.parametrize("mode", ["F", "I"])
def test_unknown_ranges(mode: str, tmp_path: Path) -> None:
    path = saved(RGB.convert("L").convert(mode), tmp_path / "a.tif")
    with pytest.raises(ValueError, match=rf"a\.tif' has pixels of mode {mode}, whose range is not"):
        read_image(path)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")  # Pillow's own
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".tif", ".bmp", ".webp", ".ppm"])
def test_damaged_files(suffix: str, tmp_path: Path) -> None:
    """A shortened file is refused by name, wherever it ends; a changed one is read or refused."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8))
    content = saved(noise, tmp_path / f"whole{suffix}").read_bytes()
    damaged = tmp_path / f"damaged{suffix}"
    for length in {0, 1, 8, 20, 40, len(content) // 3, len(content) // 2, len(content) * 3 // 4}:
        damaged.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"damaged\.\w+' is no image that Pillow can read"):
            read_image(damaged)
    random = np.random.default_rng(2)
    for _ in range(60):
        changed = bytearray(content)
        for place in random.integers(0, min(len(content), 200), 4):
            changed[place] = random.integers(0, 256)
        damaged.write_bytes(changed)
        try:
            image = read_image(damaged)
        except ValueError as error:
            assert "is no image that Pillow" in str(error)  # noqa: PT017 (either outcome is right)
        else:
            assert image.isfinite().all()


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.png"):
        read_image(tmp_path / "missing.png")
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        read_image(tmp_path)
    text = tmp_path / "text.png"
    text.write_text("no image")
    with pytest.raises(ValueError, match=r"text\.png' is no image that Pillow can read"):
        read_image(str(text))
    with pytest.raises(ValueError, match=r"channels must be 1 \(grey\) or 3 \(RGB\), got 4"):
        read_image(text, channels=4)  # type: ignore[arg-type]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_what_was_saved_is_read_again(channels: Any, dtype: torch.dtype, tmp_path: Path) -> None:
    image = torch.rand(1, channels, 33, 20, generator=seeded()).to(dtype)
    path = tmp_path / "image.png"
    save_image(image.requires_grad_(), path)
    again = read_image(path, channels=channels)
    torch.testing.assert_close(again, image.detach().float(), rtol=0, atol=1 / 510 + 1e-6)
    save_image(again, path)  # replaces the file
    assert torch.equal(read_image(path, channels=channels), again)


def test_values_are_rounded_and_clipped(tmp_path: Path) -> None:
    steps = torch.tensor([-0.5, 0.4, 0.6, 127.4, 127.6, 254.4, 254.6, 300])
    save_image(steps.view(1, 1, 1, -1) / 255, tmp_path / "a.png")
    levels = np.asarray(Image.open(tmp_path / "a.png"))[0].tolist()
    assert levels == [0, 0, 1, 127, 128, 254, 255, 255]


def test_jpeg_is_close(tmp_path: Path) -> None:
    ramp = torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
    save_image(ramp, tmp_path / "a.jpg")
    torch.testing.assert_close(read_image(tmp_path / "a.jpg"), ramp, rtol=0, atol=0.02)


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (torch.rand(2, 3, 4, 4), ValueError, r"got \(2, 3, 4, 4\); save the images of a batch one"),
        (torch.rand(1, 4, 4, 4), ValueError, r"\(1, 3, H, W\) or \(1, 1, H, W\), got \(1, 4, 4, 4"),
        (torch.rand(3, 4, 4), ValueError, r"image must have shape \(B, C, H, W\), got \(3, 4, 4\)"),
        (torch.zeros(1, 3, 4, 4).byte(), TypeError, "a floating-point tensor, got torch.uint8"),
        (torch.full((1, 3, 4, 4), torch.nan), ValueError, "finite values, got NaN or infinity"),
        (torch.full((1, 3, 4, 4), torch.inf), ValueError, "finite values, got NaN or infinity"),
    ],
)
def test_what_cannot_be_saved(
    image: torch.Tensor, error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        save_image(image, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_saved(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere/a\.png"):
        save_image(torch.rand(1, 3, 4, 4), tmp_path / "nowhere" / "a.png")
    with pytest.raises(ValueError, match=r"\.what"):
        save_image(torch.rand(1, 3, 4, 4), tmp_path / "a.what")
    assert not list(tmp_path.iterdir())


def test_without_pillow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"read_image needs pillow: pip install 'lamakit\[io\]'"):
        read_image(tmp_path / "a.png")
    with pytest.raises(ImportError, match="save_image needs pillow"):
        save_image(torch.rand(1, 3, 4, 4), tmp_path / "a.png")


@pytest.mark.parametrize("name", ["image", "image.psd", "image.txt"])
def test_suffixes_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=f"{name}' has no suffix of a format that Pillow can write"
    ):
        save_image(torch.zeros(1, 3, 4, 4), tmp_path / name)
