"""Evaluation sets are reproducible and can be extended."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lamakit.masks import (
    CentreBox,
    EveryNLines,
    FixedMasks,
    thick,
    thin,
    write_evaluation_set,
)

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


def test_an_evaluation_set_can_be_extended(tmp_path: Path) -> None:
    write_evaluation_set(tmp_path / "set", {"thick": SETS["thick"]}, count=3, size=(64, 64))
    before = contents(tmp_path / "set/thick")
    write_evaluation_set(tmp_path / "set", SETS, count=5, size=(64, 64))
    write_evaluation_set(tmp_path / "set", {"thin": SETS["thin"]}, count=2, size=(64, 64))
    write_evaluation_set(tmp_path / "whole", SETS, count=5, size=64)
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
    with pytest.raises(TypeError, match=r"dict of samplers by the name .* got list"):
        write_evaluation_set(tmp_path, [EveryNLines()], count=1, size=8)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(
        ImportError, match=r"write_evaluation_set needs tqdm: pip install 'lamakit\[io\]'"
    ):
        write_evaluation_set(tmp_path, one, count=1, size=(8, 8))


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
