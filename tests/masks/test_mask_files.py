"""Masks are read from files in the order of their names."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lamakit.masks import (
    AreaBounds,
    FixedMasks,
    MaskFiles,
    thick,
    thin,
    write_evaluation_set,
)

SETS = {"thick": thick(64), "thin": thin(64)}


def test_an_evaluation_set_is_read_back_in_order(tmp_path: Path) -> None:
    write_evaluation_set(tmp_path, SETS, count=11, size=(64, 80), seed=5)
    bounded = AreaBounds(SETS["thick"], max_area=0.5)
    written = list(FixedMasks(sampler=bounded, count=11, size=(64, 80), seed=5))
    masks = MaskFiles(tmp_path / "thick")
    assert len(masks) == 11
    assert torch.equal(torch.stack(list(masks)), torch.stack(written))
    assert torch.equal(masks[-1], written[-1])
    few = MaskFiles(tmp_path / "thick", count=4)
    assert torch.equal(torch.stack(list(few)), torch.stack(written[:4]))
    assert pickle.loads(pickle.dumps(few)) == few
    with pytest.raises(IndexError, match="range object index out of range"):
        few[4]
    (tmp_path / "thick" / "folder.png").mkdir()
    assert len(MaskFiles(tmp_path / "thick")) == 11
    with pytest.raises(ValueError, match=r"count must be at most 11, .* got 12; write_evaluation"):
        MaskFiles(tmp_path / "thick", count=12)


def test_images_are_missing_where_they_are_brighter_than_half(tmp_path: Path) -> None:
    """Of every kind that Pillow reads as grey, 16 bits included."""
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(levels).save(tmp_path / "0.png")
    Image.fromarray(np.stack([levels] * 3, -1)).save(tmp_path / "1.bmp")
    Image.fromarray(levels > 127).save(tmp_path / "2.png")
    Image.fromarray(levels.astype(np.uint16) * 257).save(tmp_path / "3.png")
    np.save(tmp_path / "4.npy", levels)
    np.save(tmp_path / "5.npy", levels > 127)
    masks = MaskFiles(tmp_path)
    assert len(masks) == 6
    for mask in masks:
        assert mask.dtype == torch.float32
        assert torch.equal(mask[0], torch.from_numpy(levels > 127).float())


def test_files_that_are_no_masks(tmp_path: Path) -> None:
    np.save(tmp_path / "0.npy", np.zeros((2, 2), dtype=np.float32))
    np.save(tmp_path / "1.npy", np.zeros((2, 2, 3), dtype=np.uint8))
    np.save(tmp_path / "2.npy", np.eye(2, dtype=np.uint8))
    (tmp_path / "3.png").write_bytes(b"no image")
    Image.fromarray(np.zeros((4, 4), dtype=np.float32)).save(tmp_path / "4.tif")
    masks = MaskFiles(tmp_path)
    for number, message in enumerate(
        (
            r"0.npy' holds float32 of shape \(2, 2\), not a mask",
            r"1.npy' holds uint8 of shape \(2, 2, 3\), not a mask",
            r"a uint8 mask counts from 0 to 255, got at most 1",
            r"3.png' is ",
            r"4.tif' has pixels of mode F",
        )
    ):
        with pytest.raises(ValueError, match=rf"{number}\.\w+' is no mask file: .*{message}"):
            masks[number]
