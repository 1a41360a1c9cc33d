"""Where crops are cut out, at which scales, and with which pixels."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lamakit.images import read_image
from lamakit.images.image_files import open_picture
from lamakit.training.random_crops import RandomCrop
from tests.helpers import seeded

HEIGHT, WIDTH = 40, 60
RAMP_STEP = 100  # of 65535, from one column to the next


def places(height: int = HEIGHT, width: int = WIDTH) -> Image.Image:
    """Return a picture whose pixels say where they are: red the column, green the row."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[..., 0] = np.arange(width)
    pixels[..., 1] = np.arange(height)[:, None]
    return Image.fromarray(pixels)


def ramp(height: int, width: int) -> Image.Image:
    """Return a 16 bit picture that becomes brighter from left to right."""
    row = np.arange(width, dtype=np.uint16) * RAMP_STEP
    return Image.fromarray(np.repeat(row[None], height, axis=0))


def scale_of(crop: torch.Tensor) -> float:
    """Return the scale of a crop of a ramp: the inner columns rise by scale * RAMP_STEP."""
    row = crop[0, 0]
    first, last = 4, row.numel() - 5
    return float(row[last] - row[first]) * 65535 / RAMP_STEP / (last - first)


def scales(crop: RandomCrop, picture: Image.Image, n: int) -> torch.Tensor:
    generator = seeded()
    return torch.tensor([scale_of(crop(picture, generator)) for _ in range(n)])


def test_pixels_are_copied_at_scale_1() -> None:
    picture = places()
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255
    crop, generator = RandomCrop(size=16, mirror=False), seeded()
    for _ in range(20):
        found = crop(picture, generator)
        assert found.dtype == torch.float32
        left, top = (round(255 * float(value)) for value in found[:2, 0, 0])
        assert torch.equal(found, pixels[:, top : top + 16, left : left + 16])


def test_every_place_is_as_likely() -> None:
    crop, generator, picture = RandomCrop(size=4, mirror=False), seeded(), places(5, 6)
    corners = [crop(picture, generator)[:2, 0, 0].mul(255).tolist() for _ in range(600)]
    found = {(round(left), round(top)) for left, top in corners}
    assert found == {(left, top) for left in range(3) for top in range(2)}
    for place in found:
        assert 65 < sum((round(x), round(y)) == place for x, y in corners) < 135


def test_half_of_the_crops_are_mirrored() -> None:
    picture, mirrored = places(), 0
    for seed in range(100):
        plain = RandomCrop(size=16, mirror=False)(picture, seeded(seed))
        found = RandomCrop(size=16)(picture, seeded(seed))
        if not torch.equal(found, plain):
            assert torch.equal(found, plain.flip(-1))
            mirrored += 1
    assert 35 < mirrored < 65


def test_scales_are_log_uniform() -> None:
    crop = RandomCrop(size=32, min_scale=0.5, max_scale=4, mirror=False)
    exponents = scales(crop, ramp(300, 400), 300).log2()
    assert -1.05 < exponents.min() < -0.95
    assert 1.9 < exponents.max() < 2.05
    for share in (0.25, 0.5, 0.75):
        assert abs(float(exponents.quantile(share)) - (3 * share - 1)) < 0.3


def test_scales_end_at_the_shorter_side() -> None:
    crop = RandomCrop(size=32, max_scale=8, mirror=False)
    for picture in (ramp(64, 300), ramp(300, 64)):
        found = scales(crop, picture, 100)
        assert 0.95 < found.min() < 1.1
        assert 1.9 < found.max() < 2.05
        assert abs(float(found.log2().median()) - 0.5) < 0.15  # not most of them at the end
    picture = places(16, 16)
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255
    assert torch.equal(RandomCrop(size=16, max_scale=8, mirror=False)(picture, seeded()), pixels)


def test_small_pictures_are_upsampled_where_that_is_allowed() -> None:
    crop = RandomCrop(size=32, min_scale=0.5, max_scale=0.5, mirror=False)
    assert math.isclose(scale_of(crop(ramp(16, 16), seeded())), 0.5, rel_tol=0.02)


def test_downsampling_is_antialiased() -> None:
    rows, columns = np.indices((64, 64))
    checkerboard = Image.fromarray(((rows + columns) % 2 * 255).astype(np.uint8))
    crop = RandomCrop(size=16, min_scale=4, max_scale=4)(checkerboard, seeded())
    torch.testing.assert_close(crop, torch.full_like(crop, 0.5), rtol=0, atol=0.02)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize("transposed", [False, True])
def test_modes(mode: str, transposed: bool, tmp_path: Path) -> None:
    """A crop of the whole picture is what read_image reads."""
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    levels = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    picture = Image.fromarray(levels)
    if mode == "I;16":
        picture = Image.fromarray(levels[..., 0].astype(np.uint16) * 256 + levels[..., 1])
    exif = Image.Exif()
    exif[274] = 6 if transposed else 1
    (picture if mode == "I;16" else picture.convert(mode)).save(path, exif=exif)
    opened = open_picture(path, user="test")
    found = RandomCrop(size=20, mirror=False)(opened, seeded())
    assert torch.equal(found, read_image(path)[0])
    half = RandomCrop(size=10, min_scale=2, max_scale=2, mirror=False)(opened, seeded())
    pooled = torch.nn.functional.avg_pool2d(found, 4)  # the filter is wider than 2 pixels
    smooth = torch.nn.functional.avg_pool2d(half, 2)
    torch.testing.assert_close(smooth, pooled, rtol=0, atol=0.15)


def test_values_stay_in_range_where_the_filter_overshoots() -> None:
    edge = np.zeros((64, 64), dtype=np.uint16)
    edge[:, 32:] = 65535
    for picture in (Image.fromarray(edge), Image.fromarray((edge // 257).astype(np.uint8))):
        crop = RandomCrop(size=24, min_scale=64 / 24, max_scale=64 / 24)(picture, seeded())
        assert crop.min() == 0
        assert crop.max() == 1


def test_what_follows_does_not_depend_on_the_picture() -> None:
    states = []
    for picture, options in ((places(), {}), (ramp(90, 70), {"max_scale": 3, "mirror": False})):
        generator = seeded()
        RandomCrop(size=16, **options)(picture, generator)  # type: ignore[arg-type]
        states.append(generator.get_state())
    assert torch.equal(*states)


def test_the_default_device_does_not_matter() -> None:
    crop = RandomCrop(size=16, max_scale=2)
    expected = crop(places(), seeded())
    with torch.device("meta"):
        assert torch.equal(crop(places(), torch.Generator("cpu").manual_seed(0)), expected)


def test_tiny_pictures() -> None:
    generator = seeded()
    with pytest.raises(ValueError, match=r"is tiny: 60x31 pixels, but a crop of size 32 needs"):
        RandomCrop(size=32)(places(31, 60), generator)
    with pytest.raises(ValueError, match="needs sides of at least 48"):
        RandomCrop(size=32, min_scale=1.5, max_scale=2)(places(47, 60), generator)
    assert RandomCrop(size=32, min_scale=1.25, max_scale=2)(places(), generator).shape[1:] == (
        32,
        32,
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"size": 0}, ValueError, "size must be at least 1, got 0"),
        ({"size": 16.0}, TypeError, "size must be an int"),
        ({"min_scale": 0}, ValueError, "min_scale must be above 0"),
        ({"max_scale": math.inf}, ValueError, "max_scale must be above 0 and finite"),
        ({"max_scale": "2"}, TypeError, "max_scale must be a number"),
        ({"max_scale": 0.9}, ValueError, r"max_scale must be at least min_scale=1.0, got 0\.9"),
        ({"min_scale": 0.01}, ValueError, r"leaves no pixel of a crop of size 16: give at least"),
    ],
)
def test_bad_arguments(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        RandomCrop(**{"size": 16} | options)
