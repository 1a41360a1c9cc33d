"""Masks drawn from a stack or a folder are cropped, mirrored and resized."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from lamakit.masks import (
    FixedMasks,
    FromFolder,
    FromMasks,
    MaskStack,
)
from tests.helpers import seeded

SIZE = (24, 32)


def test_masks_of_the_right_size_come_out_as_they_are_or_mirrored() -> None:
    mask = torch.rand(1, *SIZE, generator=seeded()) > 0.5
    plain = FromMasks(MaskStack.of(mask), flip=False)
    assert torch.equal(plain(SIZE), mask.float())
    drawn = FromMasks(MaskStack.of(mask)).batch(100, SIZE, generator=seeded())[:, 0] > 0
    mirrored = [mask[0], mask[0].flip(0), mask[0].flip(1), mask[0].flip(0, 1)]
    counts = [sum(torch.equal(one, other) for one in drawn) for other in mirrored]
    assert sum(counts) == 100
    assert min(counts) > 10


def test_masks_in_any_form() -> None:
    mask = torch.zeros(*SIZE)
    mask[3:9, 4:20] = 1
    grey = (mask * 255).byte().numpy()
    for masks in (mask, mask[None, None] > 0, grey, Image.fromarray(grey), [grey]):
        assert FromMasks(masks) == FromMasks(MaskStack.of(mask))
        assert torch.equal(FromMasks(masks, flip=False)(SIZE)[0], mask)


def test_masks_are_cut_to_shape_and_resized() -> None:
    wide = torch.zeros(1, 10, 40)
    wide[..., 20:] = 1
    masks = FromMasks(MaskStack.of(wide), flip=False).batch(200, (20, 20), generator=seeded())
    assert (masks == masks[..., :1, :]).all()  # a vertical edge stays one
    columns = masks[:, 0, 0]
    assert (columns[:, 0::2] == columns[:, 1::2]).all()  # each pixel has become two
    assert set((columns.sum(1) / 2).tolist()) == set(range(11))  # windows anywhere
    everything = FromMasks(MaskStack.of(wide), flip=False)((10, 40))
    assert torch.equal(everything, wide)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    grey = np.zeros((24, 32), dtype=np.uint8)
    grey[:, :16] = 255
    Image.fromarray(grey).save(tmp_path / "left.png")
    Image.fromarray(np.stack([grey.T] * 3, -1)).save(tmp_path / "colour.BMP")
    np.save(tmp_path / "all.npy", np.ones((5, 7), dtype=bool))
    np.save(tmp_path / "bytes.npy", grey)
    (tmp_path / "notes.txt").write_text("no mask")
    return tmp_path


def test_a_folder_gives_all_of_its_masks(folder: Path) -> None:
    sampler = FromFolder(folder, flip=False)
    areas = sampler.batch(60, (24, 32), generator=seeded()).mean((1, 2, 3))
    assert set(areas.tolist()) >= {0.5, 1}
    only = folder / "one"
    only.mkdir()
    (folder / "left.png").rename(only / "left.png")
    mask = FromFolder(only, flip=False)((24, 32))
    assert mask[..., :16].all()
    assert not mask[..., 16:].any()


def test_a_folder_is_read_by_the_loader_workers(folder: Path) -> None:
    masks = FixedMasks(sampler=FromFolder(folder), count=6, size=(12, 16))
    loaded = [list(DataLoader(masks, batch_size=3, num_workers=n)) for n in (0, 2)]  # type: ignore[arg-type]
    assert torch.equal(torch.cat(loaded[0]), torch.cat(loaded[1]))


def test_bad_folders(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = folder / "empty"
    empty.mkdir()
    with pytest.raises(ValueError, match=r"no masks in '.*empty': known files are \*.npy, \*.bmp"):
        FromFolder(empty)
    np.save(empty / "bad.npy", np.zeros((2, 2), dtype=np.float32))
    with pytest.raises(ValueError, match=r"bad.npy' holds float32 of shape \(2, 2\), not a mask"):
        FromFolder(empty)((8, 8))
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    (empty / "bad.npy").unlink()
    (folder / "left.png").rename(empty / "left.png")
    with pytest.raises(ImportError, match=r"read_mask needs pillow: pip install 'lamakit\[io\]'"):
        FromFolder(empty)((8, 8))
