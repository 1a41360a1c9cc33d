"""Masks from and to files and tensors."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import DataLoader

from lamakit.masks import (
    AreaBounds,
    CentreBox,
    EveryNLines,
    FixedMasks,
    FromFolder,
    FromMasks,
    MaskFiles,
    MaskStack,
    thick,
    thin,
    write_evaluation_set,
)

SIZE = (24, 32)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(
    count=st.integers(1, 4), height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0)
)
def test_a_stack_gives_back_its_masks(count: int, height: int, width: int, seed: int) -> None:
    masks = torch.rand(count, 1, height, width, generator=seeded(seed % 2**32)) > 0.5
    stack = MaskStack.of(masks)
    assert torch.equal(torch.stack(list(stack)), masks.float())
    assert torch.equal(stack[-1], masks[-1].float())
    assert eval(repr(stack)) == stack  # noqa: S307 (our own repr)
    assert stack == MaskStack.of(masks[:, 0]) == MaskStack.of(masks.double())
    assert stack != MaskStack.of(~masks)
    with pytest.raises(IndexError):
        stack[count]


def test_a_stack_is_small_and_its_own() -> None:
    masks = torch.zeros(8, 256, 256)
    stack = MaskStack.of(masks)
    masks.fill_(1)
    assert stack[0].sum() == 0
    assert len(pickle.dumps(stack)) < masks.numel() / 8 + 500


def test_what_is_no_stack() -> None:
    with pytest.raises(TypeError, match=r"masks must be a torch.Tensor, got ndarray"):
        MaskStack.of(np.zeros((1, 2, 2)))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"got torch.uint8; .* give masks > 127"):
        MaskStack.of(torch.zeros(1, 2, 2, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"must have shape \(K, H, W\) or .* got \(2, 2\)"):
        MaskStack.of(torch.zeros(2, 2))
    with pytest.raises(ValueError, match="with at least one pixel"):
        MaskStack.of(torch.zeros(0, 2, 2))
    with pytest.raises(ValueError, match=r"bits must have 2 bytes for shape \(1, 3, 3\), got 1"):
        MaskStack((1, 3, 3), b"a")


def test_masks_of_the_right_size_come_out_as_they_are_or_mirrored() -> None:
    mask = torch.rand(1, *SIZE, generator=seeded()) > 0.5
    plain = FromMasks(MaskStack.of(mask), flip=False)
    assert torch.equal(plain(SIZE), mask.float())
    drawn = FromMasks(MaskStack.of(mask)).batch(100, SIZE, generator=seeded())[:, 0] > 0
    mirrored = [mask[0], mask[0].flip(0), mask[0].flip(1), mask[0].flip(0, 1)]
    counts = [sum(torch.equal(one, other) for one in drawn) for other in mirrored]
    assert sum(counts) == 100
    assert min(counts) > 10


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
    monkeypatch.setitem(sys.modules, "PIL", None)
    (empty / "bad.npy").unlink()
    (folder / "left.png").rename(empty / "left.png")
    with pytest.raises(ImportError, match=r"images need Pillow: pip install \"lamakit\[masks\]\""):
        FromFolder(empty)((8, 8))


SETS = {"thick": thick(64), "thin": thin(64)}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_an_evaluation_set_is_what_it_says(tmp_path: Path) -> None:
    write_evaluation_set(tmp_path / "set", SETS, count=12, size=(64, 80), seed=5)
    files = contents(tmp_path / "set")
    assert len(files) == 25
    manifest = json.loads(files["manifest.json"])
    assert manifest["masks"].keys() == SETS.keys()
    for name, made in manifest["masks"].items():
        assert (made["seed"], made["size"]) == (5, [64, 80])
        sampler = eval(made["sampler"], vars(sys.modules["lamakit.masks"]))  # noqa: S307 (our own)
        masks = FixedMasks(sampler=sampler, count=12, size=(64, 80), seed=5)
        for number, mask in enumerate(masks):
            image = Image.open(tmp_path / f"set/{name}/{number:06d}.png")
            assert torch.equal(mask[0], torch.from_numpy(np.array(image)).float() / 255)
            assert mask.mean() <= 0.5


def test_an_evaluation_set_is_the_same_again_and_after_an_interruption(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("first", "second"):
        write_evaluation_set(tmp_path / folder, SETS, count=5, size=(64, 64))
    first = contents(tmp_path / "first")
    assert contents(tmp_path / "second") == first
    assert "10/10" in capsys.readouterr().err  # the progress bar

    kept = tmp_path / "second/thick/000001.png"
    for path in (tmp_path / "second").glob("thin/*"):
        path.unlink()
    (tmp_path / "second/thick/000004.png").rename(tmp_path / "second/thick/000004.png.part")
    before = kept.stat().st_mtime_ns
    write_evaluation_set(tmp_path / "second", SETS, count=5, size=(64, 64))
    assert contents(tmp_path / "second") == first
    assert kept.stat().st_mtime_ns == before  # what was there has not been written again


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


def test_an_evaluation_set_can_be_extended(tmp_path: Path) -> None:
    write_evaluation_set(tmp_path / "set", {"thick": SETS["thick"]}, count=3, size=(64, 64))
    before = contents(tmp_path / "set/thick")
    write_evaluation_set(tmp_path / "set", SETS, count=5, size=(64, 64))
    write_evaluation_set(tmp_path / "set", {"thin": SETS["thin"]}, count=2, size=(64, 64))
    write_evaluation_set(tmp_path / "whole", SETS, count=5, size=(64, 64))
    assert contents(tmp_path / "set") == contents(tmp_path / "whole")
    assert before.items() <= contents(tmp_path / "set/thick").items()


def test_bad_evaluation_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"lines": EveryNLines()}
    write_evaluation_set(tmp_path, one, count=1, size=(8, 8))
    with pytest.raises(ValueError, match=r"manifest.json' tells of masks made in another way"):
        write_evaluation_set(tmp_path, one, count=1, size=(8, 8), seed=1)
    with pytest.raises(ValueError, match=r"manifest.json' tells of masks made in another way"):
        write_evaluation_set(tmp_path, {"lines": EveryNLines(steps=(3,))}, count=1, size=(8, 8))
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "000000.png").write_bytes(b"")
    with pytest.raises(
        ValueError, match=r"strange' has masks of which manifest.json tells nothing"
    ):
        write_evaluation_set(tmp_path, {"strange": EveryNLines()}, count=1, size=(8, 8))
    with pytest.raises(ValueError, match=r"samplers must be named as folders can be, got '\.\./x'"):
        write_evaluation_set(tmp_path, {"../x": EveryNLines()}, count=1, size=(8, 8))
    with pytest.raises(ValueError, match=r"areas from 1.000 to 1.000 were seen"):
        write_evaluation_set(tmp_path / "full", {"x": CentreBox(area=1)}, count=1, size=(8, 8))
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r"needs tqdm: pip install \"lamakit\[masks\]\""):
        write_evaluation_set(tmp_path, one, count=1, size=(8, 8))


def test_a_stack_has_no_slices() -> None:
    stack = MaskStack.of(torch.ones(3, 4, 4))
    with pytest.raises(TypeError, match="integer"):
        stack[:2]  # type: ignore[index]
    with pytest.raises(IndexError):
        stack[3]


def test_deep_images_are_no_masks(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 10_000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(ValueError, match=r"holds uint16 of shape \(4, 4\), not a mask"):
        FromFolder(tmp_path)((4, 4))


def test_an_evaluation_set_wants_settings_to_write_down(tmp_path: Path) -> None:
    class Mine:
        def __call__(
            self, size: tuple[int, int], *, generator: torch.Generator | None = None
        ) -> torch.Tensor:
            return thin(64)(size, generator=generator)

        def batch(
            self,
            n: int,
            size: tuple[int, int],
            *,
            generator: torch.Generator | None = None,
            device: torch.device | str | None = None,
        ) -> torch.Tensor:
            return thin(64).batch(n, size, generator=generator, device=device)

    with pytest.raises(ValueError, match=r"samplers\['mine'\] must have a repr that tells its set"):
        write_evaluation_set(tmp_path, {"mine": Mine()}, count=1, size=(8, 8))
    assert not list(tmp_path.iterdir())
