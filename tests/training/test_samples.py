"""Samples made of files, and batches of them."""

from __future__ import annotations

import io
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lamakit.images import read_image
from lamakit.masks import medium
from lamakit.training.random_crops import RandomCrop
from lamakit.training.samples import Sample, SampleMaker, collate, skipped_line

MAKER = SampleMaker(crop=RandomCrop(size=32, max_scale=2), masks=medium(32), seed=5)


def noise_file(
    path: Path, height: int = 50, width: int = 70, seed: int = 0, **options: Any
) -> Path:
    """Save a picture of noise and return the path."""
    levels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(levels).save(path, **options)
    return path


def test_shapes_and_values(tmp_path: Path) -> None:
    image, mask = MAKER(noise_file(tmp_path / "a.png"), 0, 0)
    assert (image.shape, image.dtype) == ((3, 32, 32), torch.float32)
    assert (mask.shape, mask.dtype) == ((1, 32, 32), torch.float32)
    assert 0 <= image.min() < image.max() <= 1
    assert set(mask.unique().tolist()) == {0, 1}


def test_a_sample_depends_on_seed_epoch_and_index_alone(tmp_path: Path) -> None:
    path = noise_file(tmp_path / "a.png")
    image, mask = MAKER(path, 1, 2)
    torch.rand(3)
    again = MAKER(path, 1, 2)
    assert torch.equal(again[0], image)
    assert torch.equal(again[1], mask)
    other_seed = SampleMaker(crop=MAKER.crop, masks=MAKER.masks, seed=6)
    for other in (
        MAKER(path, 1, 3),
        MAKER(path, 2, 2),
        MAKER(path, 1, "2"),
        other_seed(path, 1, 2),
    ):
        assert not torch.equal(other[0], image)
        assert not torch.equal(other[1], mask)


def test_masks_do_not_depend_on_the_picture(tmp_path: Path) -> None:
    large = noise_file(tmp_path / "a.png", 90, 80, seed=1)
    small = noise_file(tmp_path / "b.png", 32, 32, seed=2)
    assert torch.equal(MAKER(large, 0, 7)[1], MAKER(small, 0, 7)[1])


def test_open_files_and_paths_are_the_same(tmp_path: Path) -> None:
    path = noise_file(tmp_path / "a.png")
    image, mask = MAKER(path, 0, "photos/a")
    with path.open("rb") as file:
        for source in (str(path), file, io.BytesIO(path.read_bytes())):
            found = MAKER(source, 0, "photos/a")
            assert torch.equal(found[0], image)
            assert torch.equal(found[1], mask)


def test_pictures_are_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    path = noise_file(tmp_path / "a.jpg", 40, 32, exif=exif)
    whole = SampleMaker(crop=RandomCrop(size=32, mirror=False), masks=medium(32))
    upright = read_image(path)[0]
    assert upright.shape == (3, 32, 40)
    image = whole(path, 0, 0)[0]
    assert any(torch.equal(image, upright[..., left : left + 32]) for left in range(9))


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.jpg"):
        MAKER(tmp_path / "none.jpg", 0, 0)
    with pytest.raises(ValueError, match=r"tiny: 70x31 pixels"):
        MAKER(noise_file(tmp_path / "a.png", 31), 0, 0)
    whole = noise_file(tmp_path / "a.jpg").read_bytes()
    with pytest.raises(
        ValueError, match=r"the given file is no image that Pillow can read: .*trunc"
    ):
        MAKER(io.BytesIO(whole[: len(whole) // 2]), 0, 0)
    with pytest.raises(ValueError, match=r"the given file is no image.*: unknown format"):
        MAKER(io.BytesIO(b"no image"), 0, 0)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_too_many_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = noise_file(tmp_path / "a.png", 50, 70)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3500)
    MAKER(path, 0, 0)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3499)
    with pytest.raises(
        ValueError, match=r"a\.png' is too large: 70x50 pixels, where the limit is 3"
    ):
        MAKER(path, 0, 0)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ValueError, match="decompression bomb"):
        MAKER(path, 0, 0)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    MAKER(path, 0, 0)


def test_pickled(tmp_path: Path) -> None:
    path = noise_file(tmp_path / "a.png")
    again = pickle.loads(pickle.dumps(MAKER))
    assert torch.equal(again(path, 0, 0)[0], MAKER(path, 0, 0)[0])


def test_bad_arguments() -> None:
    crop = RandomCrop(size=8)
    with pytest.raises(TypeError, match="crop must be a RandomCrop, got 8"):
        SampleMaker(crop=8, masks=medium(32))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="masks must be a mask sampler"):
        SampleMaker(crop=crop, masks="medium")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        SampleMaker(crop=crop, masks=medium(32), seed=-1)


def test_without_pillow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"SampleMaker needs pillow: pip install 'lamakit\[io\]'"):
        MAKER(tmp_path / "a.png", 0, 0)


def test_batches() -> None:
    samples = [
        Sample(torch.full((3, 4, 4), n), torch.full((1, 4, 4), -n), f"{n}", skipped, shard)
        for n, skipped, shard in ((0.0, ("a", "b"), 7), (1.0, (), 5), (2.0, ("c",), 4))
    ]
    batch = collate(samples)
    assert batch.image.shape == (3, 3, 4, 4)
    assert batch.mask.shape == (3, 1, 4, 4)
    assert batch.image[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert batch.mask[:, 0, 0, 0].tolist() == [0, -1, -2]
    assert batch.keys == ["0.0", "1.0", "2.0"]
    assert batch.skipped == ["a", "b", "c"]
    assert batch.shard == 4
    with pytest.raises(ValueError, match="samples must not be empty"):
        collate([])


def test_lines_about_skipped_files() -> None:
    assert skipped_line("a.jpg", ValueError("two\nlines")) == "a.jpg: two lines"
