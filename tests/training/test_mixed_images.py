"""A folder's images mixed with synthetic ones."""

from __future__ import annotations

import pickle
from itertools import islice
from pathlib import Path

import pytest
import torch
from PIL import Image

from lamakit.masks import medium
from lamakit.training import (
    Batch,
    ImageFolder,
    MixedImages,
    RandomCrop,
    Sample,
    SampleMaker,
    SampleOrder,
    draw_synthetic_image,
    make_loader,
)
from tests.training.networks import write_photos

MAKER = SampleMaker(crop=RandomCrop(size=32), masks=medium(32), seed=3)
PLACES = [(epoch, index) for epoch in range(10) for index in range(6)]

# On a machine with one core.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create 2 worker processes")


@pytest.fixture
def folder(tmp_path: Path) -> ImageFolder:
    return ImageFolder(write_photos(tmp_path), MAKER)


def assert_same_sample(found: Sample, expected: Sample) -> None:
    assert torch.equal(found.image, expected.image)
    assert torch.equal(found.mask, expected.mask)
    assert found[2:] == expected[2:]


def test_without_synthetic_images_it_is_the_folder(folder: ImageFolder) -> None:
    data = MixedImages(folder, 0)
    assert len(data) == len(folder) == 6
    for place in PLACES[:12]:
        assert_same_sample(data[place], folder[place])


def test_synthetic_images_alone_need_no_file(
    folder: ImageFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr(Image, "open", fail)
    samples = [MixedImages(folder, 1)[place] for place in PLACES[:12]]
    assert {sample.key for sample in samples} == {"synthetic"}
    assert {(sample.image.shape, sample.mask.shape) for sample in samples} == {
        ((3, 32, 32), (1, 32, 32))
    }
    assert len({sample.image.sum().item() for sample in samples}) == 12
    assert len({sample.mask.sum().item() for sample in samples}) > 8


def test_a_share_is_synthetic(folder: ImageFolder) -> None:
    alone, mixed = MixedImages(folder, 1), MixedImages(folder, 0.3)
    samples = [mixed[place] for place in PLACES]
    synthetic = [sample.key == "synthetic" for sample in samples]
    assert 9 <= sum(synthetic) <= 27  # of 60
    for place, sample, drawn in zip(PLACES, samples, synthetic, strict=True):
        assert_same_sample(sample, alone[place] if drawn else folder[place])
    for index in range(6):  # no place is always the one or the other
        assert 0 < sum(synthetic[index::6]) < 10


def test_a_larger_share_keeps_what_is_synthetic_already(folder: ImageFolder) -> None:
    few, many = MixedImages(folder, 0.2), MixedImages(folder, 0.6)
    kept = [many[place].key for place in PLACES[:40] if few[place].key == "synthetic"]
    assert len(kept) > 2
    assert set(kept) == {"synthetic"}


def test_the_image_depends_on_seed_epoch_and_index_alone(folder: ImageFolder) -> None:
    data = MixedImages(folder, 1)
    other_seed = SampleMaker(crop=MAKER.crop, masks=MAKER.masks, seed=4)
    expected = data[2, 5]
    assert_same_sample(pickle.loads(pickle.dumps(data))[2, 5], expected)
    torch.rand(7)
    assert_same_sample(data[2, 5], expected)
    others = [data[2, 4], data[3, 5], MixedImages(ImageFolder(folder.folder, other_seed), 1)[2, 5]]
    assert not any(torch.equal(other.image, expected.image) for other in others)
    assert not torch.equal(draw_synthetic_image(32, torch.Generator()), expected.image)


def batches(data: MixedImages, workers: int) -> list[Batch]:
    order = SampleOrder(len(data), batch_size=4, seed=3)
    return list(islice(make_loader(data, batch_size=4, workers=workers, order=order), 4))


def test_workers_change_nothing(folder: ImageFolder) -> None:
    data = MixedImages(folder, 0.5)
    alone = batches(data, 0)
    assert {"synthetic"} < {key for batch in alone for key in batch.keys}
    for found, expected in zip(batches(data, 2), alone, strict=True):
        assert torch.equal(found.image, expected.image)
        assert torch.equal(found.mask, expected.mask)
        assert found.keys == expected.keys


def test_bad_arguments(folder: ImageFolder) -> None:
    with pytest.raises(TypeError, match="folder must be an ImageFolder, got 'photos'"):
        MixedImages("photos", 0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"share must lie between 0 and 1, got 1\.5"):
        MixedImages(folder, 1.5)
    data = MixedImages(folder, 1)
    with pytest.raises(
        TypeError, match=r"asked for by \(epoch, index\), got 0: give the DataLoade"
    ):
        data[0]  # type: ignore[index]
    for index in (-1, 6):
        with pytest.raises(IndexError, match=f"index must be from 0 to 5, got {index}"):
            data[0, index]
    with pytest.raises(ValueError, match="epoch must be at least 0, got -1"):
        data[-1, 0]
