"""Files of a training: exact continuation, full disks, damaged files."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch

from lamakit.checkpoints import load_generator
from lamakit.losses import LamaObjective
from lamakit.training import load_state, read_settings, save_state, training_step
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
