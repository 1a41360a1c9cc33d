"""The image files of a folder: which they are, their samples, and those that are skipped."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lamakit.masks import medium
from lamakit.training.image_folder import ImageFolder, find_images
from lamakit.training.random_crops import RandomCrop
from lamakit.training.samples import Sample, SampleMaker

MAKER = SampleMaker(crop=RandomCrop(size=16), masks=medium(16), seed=3)


def fill_folder(folder: Path, names: list[str], side: int = 24) -> Path:
    """Save a picture of noise under each name and return the folder."""
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        levels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(levels).save(path)
    return folder


def assert_same_sample(found: Sample, expected: Sample) -> None:
    assert torch.equal(found.image, expected.image)
    assert torch.equal(found.mask, expected.mask)
    assert found[2:] == expected[2:]


def test_files_are_found_by_suffix_and_sorted(tmp_path: Path) -> None:
    names = ["b.png", "a/z.JPG", "a/b/c.jpeg", "a.webp", "a-b.tif", "ä ö.bmp", "B.gif", "a/a.ppm"]
    for name in [*names, "notes.txt", "a/b/clip.mp4", "jpg", "c.png.part"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"not opened, so what is in it does not matter yet")
    (tmp_path / "folder.png").mkdir()
    expected = [
        "B.gif",
        "a-b.tif",
        "a.webp",
        "a/a.ppm",
        "a/b/c.jpeg",
        "a/z.JPG",
        "b.png",
        "ä ö.bmp",
    ]
    assert find_images(tmp_path) == [tmp_path / name for name in expected]
    assert len(ImageFolder(tmp_path, MAKER)) == len(expected)


def test_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a.png", "sub/b.png", "sub/deeper/c.png"]
    data = ImageFolder(fill_folder(tmp_path, names), MAKER)
    for epoch in (0, 4):
        for index, name in enumerate(names):
            image, mask = MAKER(tmp_path / name, epoch, index)
            assert_same_sample(data[epoch, index], Sample(image, mask, name))
    monkeypatch.chdir(tmp_path)
    assert_same_sample(ImageFolder(".", MAKER)[0, 1], data[0, 1])
    monkeypatch.chdir(tmp_path / "sub")
    assert ImageFolder("..", MAKER)[0, 2].key == "sub/deeper/c.png"


def test_links_to_files_count_and_to_folders_do_not(tmp_path: Path) -> None:
    fill_folder(tmp_path / "elsewhere", ["a.png"])
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "linked.png").symlink_to(tmp_path / "elsewhere" / "a.png")
    (tmp_path / "data" / "circle").symlink_to(tmp_path / "data")
    data = ImageFolder(tmp_path / "data", MAKER)
    assert [data[0, index].key for index in range(len(data))] == ["linked.png"]
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert len(ImageFolder(tmp_path / "link", MAKER)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text exist on Linux")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    name = "photo\udcff\n.png"
    data = ImageFolder(fill_folder(tmp_path, [name]), MAKER)
    assert data[0, 0].key == name


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Return a folder of ten files, of which three cannot be used."""
    fill_folder(tmp_path, [f"{n}.png" for n in range(10)])
    (tmp_path / "1.png").write_bytes(b"text")
    fill_folder(tmp_path, ["2.png"], side=15)
    (tmp_path / "3.png").unlink()
    (tmp_path / "3.png").symlink_to("nowhere")
    return tmp_path


def test_what_cannot_be_used_is_skipped(damaged: Path) -> None:
    data = ImageFolder(damaged, MAKER)
    reasons = {1: "unknown format", 2: "the picture is tiny: 15x15 pixels", 3: "No such file"}
    keys = set()
    for epoch in range(20):
        for index, reason in reasons.items():
            sample = data[epoch, index]
            assert sample.skipped[0].startswith(f"{index}.png: ")
            assert reason in sample.skipped[0]
            assert sample.key not in ("1.png", "2.png", "3.png")
            assert len(set(sample.skipped)) == len(sample.skipped) <= 3
            keys.add(sample.key)
    assert len(keys) == 7  # whatever can be used may stand in
    assert data[0, 0].skipped == ()


def test_the_stand_in_depends_on_seed_epoch_and_index_alone(damaged: Path) -> None:
    data, again = ImageFolder(damaged, MAKER), ImageFolder(damaged, MAKER)
    expected = [data[0, 1], data[5, 1], data[0, 2]]
    assert_same_sample(again[0, 2], expected[2])
    assert_same_sample(again[5, 1], expected[1])
    assert_same_sample(again[0, 1], expected[0])
    keys = {index: [data[epoch, index].key for epoch in range(10)] for index in (1, 2, 3)}
    assert len({tuple(stand_ins) for stand_ins in keys.values()}) == 3
    # Its crop and mask are drawn with the numbers of the skipped item, so that no item of an epoch
    # comes twice with the same crop and mask.
    image, mask = MAKER(damaged / expected[0].key, 0, 1)
    assert torch.equal(expected[0].image, image)
    assert torch.equal(expected[0].mask, mask)


def test_a_folder_of_which_nothing_can_be_used(tmp_path: Path) -> None:
    data = ImageFolder(fill_folder(tmp_path, [f"{n}.png" for n in range(7)], side=10), MAKER)
    with pytest.raises(ValueError, match=r"100 files drawn from .* cannot be used") as caught:
        data[0, 0]
    lines = str(caught.value).splitlines()
    assert len(lines) == 1 + 5
    assert all("is tiny: 10x10 pixels" in line for line in lines[1:])


def test_other_errors_are_not_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ImageFolder(fill_folder(tmp_path, ["a.png"]), MAKER)

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(MemoryError):
        data[0, 0]


def test_pickled(tmp_path: Path) -> None:
    data = ImageFolder(fill_folder(tmp_path, ["a.png", "sub/b.png"]), MAKER)
    again = pickle.loads(pickle.dumps(data))
    assert len(again) == 2
    assert_same_sample(again[1, 1], data[1, 1])


def test_bad_arguments(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no image file in .* suffixes \.bmp, \.gif"):
        ImageFolder(tmp_path, MAKER)
    with pytest.raises(FileNotFoundError, match="none"):
        ImageFolder(tmp_path / "none", MAKER)
    data = ImageFolder(fill_folder(tmp_path, ["a.png"]), MAKER)
    with pytest.raises(NotADirectoryError, match=r"a\.png"):
        ImageFolder(tmp_path / "a.png", MAKER)
    with pytest.raises(TypeError, match="maker must be a SampleMaker, got <function"):
        ImageFolder(tmp_path, lambda: None)  # type: ignore[arg-type]
    with pytest.raises(
        TypeError, match=r"asked for by \(epoch, index\), got 0: give the DataLoader"
    ):
        data[0]  # type: ignore[index]
    with pytest.raises(ValueError, match="epoch must be at least 0, got -1"):
        data[-1, 0]
    for index in (-1, 1):
        with pytest.raises(IndexError, match=f"index must be from 0 to 0, got {index}"):
            data[0, index]
