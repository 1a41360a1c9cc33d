"""Files of a training: exact continuation, full disks, damaged files."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import BinaryIO

import pytest
import torch

from lamakit.checkpoints import load_generator
from lamakit.losses import LamaObjective
from lamakit.training import load_state, read_settings, save_state, training_step
from lamakit.training.state_files import replace_file
from tests.helpers import assert_same_tensors
from tests.training.networks import begin, draw_batch


def test_a_file_continues_exactly(tmp_path: Path) -> None:
    state, again = begin(), begin(seed=1)
    training_step(state, LamaObjective(state.discriminator), *draw_batch())
    save_state(state, tmp_path / "a.pt", settings={"seed": 3, "scales": (0.5, 0.25)})
    load_state(again, tmp_path / "a.pt")
    values, others = (
        training_step(s, LamaObjective(s.discriminator), *draw_batch()) for s in (state, again)
    )
    assert_same_tensors(values, others)
    assert read_settings(tmp_path / "a.pt") == {"seed": 3, "scales": (0.5, 0.25)}


def test_the_generator_loads_from_the_file(tmp_path: Path) -> None:
    state = begin()
    for _ in range(2):
        training_step(state, LamaObjective(state.discriminator), *draw_batch())
    save_state(state, tmp_path / "a.pt")
    found = load_generator(tmp_path / "a.pt").state_dict()
    assert_same_tensors(found, state.model.state_dict())
    average = load_generator(tmp_path / "a.pt", average=True).state_dict()
    assert_same_tensors(average, state.best_model.state_dict())


def test_a_full_disk_leaves_the_file_before(tmp_path: Path) -> None:
    state, path = begin(), tmp_path / "a.pt"
    save_state(state, path)
    before = path.read_bytes()
    (tmp_path / "a.pt.partial").symlink_to("/dev/full")  # every write to it fails
    state.step = 5
    with pytest.raises(OSError, match="No space left on device") as caught:
        save_state(state, path)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


class FullAfter:
    """A file on a disk that becomes full after some bytes."""

    def __init__(self, file: BinaryIO, space: int) -> None:
        self.file, self.space = file, space

    def write(self, data: bytes) -> int:
        self.space -= len(data)
        if self.space < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


@pytest.mark.parametrize("space", [0, 1_000, 50_000])
def test_a_write_that_fails_midway_is_told_as_what_it_is(tmp_path: Path, space: int) -> None:
    path = tmp_path / "a.pt"
    path.write_text("the one before")
    content = {"weights": torch.zeros(20_000)}
    with pytest.raises(OSError, match="No space left") as caught:
        replace_file(path, lambda file: torch.save(content, FullAfter(file, space)))  # type: ignore[arg-type]
    assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [path]


def test_other_errors_of_the_writer_pass_through(tmp_path: Path) -> None:
    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        replace_file(tmp_path / "a.pt", fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_files_that_are_no_training(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.pt"
    if content is None:
        torch.save(begin().model.state_dict(), path)
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.pt' is no checkpoint of a training"):
        load_state(begin(), path)


def test_a_cut_file(tmp_path: Path) -> None:
    save_state(begin(), tmp_path / "a.pt")
    whole = (tmp_path / "a.pt").read_bytes()
    (tmp_path / "a.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="is no checkpoint of a training"):
        read_settings(tmp_path / "a.pt")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_state(begin(), tmp_path / "a.pt")
