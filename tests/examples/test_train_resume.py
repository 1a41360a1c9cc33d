"""examples/train.py: what is interrupted goes on exactly, and nothing is lost."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lamakit.training import Batch
from tests.examples.scripts import (
    EXAMPLES,
    SMALL,
    all_tensors,
    load_script,
    read_curves,
    read_state,
)
from tests.helpers import assert_same_tensors
from tests.training.networks import write_photos

train = load_script("train")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_photos(tmp_path_factory.mktemp("photos")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, photos: str) -> Path:
    """Return the output of six steps without an interruption."""
    output = tmp_path_factory.mktemp("whole")
    run(output, "--images", photos, "--steps", "6")
    return output


def run(output: Path, *flags: str) -> None:
    train.main([*SMALL, "--output", str(output), "--log-every", "1", *flags])


def assert_same_training(found: Path, expected: Path) -> None:
    """Assert that both outputs have the same losses, weights, moments and averages, bit for bit."""
    curves = [
        {name: values for name, values in read_curves(folder).items() if "data/" not in name}
        for folder in (found, expected)
    ]
    assert curves[0] == curves[1]
    assert set(curves[1]["training/l1"]) == {1, 2, 3, 4, 5, 6}
    states = [read_state(folder) for folder in (found, expected)]
    assert [s["step"] for s in states] == [6, 6]
    assert_same_tensors(*map(all_tensors, states))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_training_in_two_pieces_is_that_in_one(
    tmp_path: Path, photos: str, whole: Path, workers: int
) -> None:
    flags = ("--images", photos, "--workers", str(workers))
    run(tmp_path, *flags, "--steps", "2")
    run(tmp_path, *flags, "--steps", "6")
    assert_same_training(tmp_path, whole)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_step(
    tmp_path: Path,
    photos: str,
    whole: Path,
    number: signal.Signals,
    capsys: pytest.CaptureFixture[str],
) -> None:
    step: Callable[[object], None] = train.Training.step

    def interrupted(self: object) -> None:
        os.kill(os.getpid(), number)
        step(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train.Training, "step", interrupted)
        run(tmp_path, "--images", photos, "--steps", "6", "--log-every", "5")
    assert read_state(tmp_path)["step"] == 1
    assert "stopped at step 1; the same command continues" in capsys.readouterr().out
    run(tmp_path, "--images", photos, "--steps", "6")
    assert_same_training(tmp_path, whole)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_group_that_is_told_to_stop(
    tmp_path: Path, photos: str, number: signal.Signals
) -> None:
    """Send the signal as a terminal does, to the training and its workers."""
    flags = ("--images", photos, "--steps", "100000", "--workers", "2", "--output", str(tmp_path))
    command = [sys.executable, str(EXAMPLES / "train.py"), *SMALL, *flags, "--save-minutes", "0"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (tmp_path / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, number)
    output, _ = process.communicate(timeout=60)
    state = read_state(tmp_path)
    assert process.returncode == 0
    assert f"stopped at step {state['step']}; the same command continues" in output
    assert state["step"] >= 2
    assert not list(tmp_path.glob("*.partial"))


def test_a_full_disk_is_told_and_the_last_checkpoint_stays(
    tmp_path: Path, photos: str, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, "--images", photos, "--steps", "2")
    before = (tmp_path / "checkpoint.pt").read_bytes()
    partial = tmp_path / "checkpoint.pt.partial"
    partial.symlink_to("/dev/full")  # every write to it fails
    with pytest.raises(OSError, match="No space left on device"):
        run(tmp_path, "--images", photos, "--steps", "4")
    told = capsys.readouterr().out
    assert "step 4: no checkpoint was written ([Errno 28] No space left on device)" in told
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    run(tmp_path, "--images", photos, "--steps", "6")
    assert_same_training(tmp_path, whole)


def test_a_disk_that_is_full_for_a_while_does_not_end_the_training(
    tmp_path: Path, photos: str, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "checkpoint.pt.partial").symlink_to("/dev/full")  # removed by the failing write
    run(tmp_path, "--images", photos, "--steps", "6", "--save-minutes", "0")
    told = capsys.readouterr().out
    assert told.count("no checkpoint was written") == 1
    assert_same_training(tmp_path, whole)


def test_curves_that_cannot_be_written_do_not_end_the_training(
    tmp_path: Path, photos: str, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = train.SummaryWriter
    failed: list[object] = []

    def full_once(*arguments: object, **options: object) -> object:
        opened = writer(*arguments, **options)
        if not failed:
            failed.append(opened)
            opened.add_scalar = fail
        return opened

    def fail(*arguments: object) -> None:
        del arguments
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "SummaryWriter", full_once)
        run(tmp_path, "--images", photos, "--steps", "6")
    told = capsys.readouterr().out
    assert told.count("step 1: curves were not written ([Errno 28] No space left") == 1
    assert set(read_curves(tmp_path)["training/l1"]) == {2, 3, 4, 5, 6}
    assert_same_tensors(*(all_tensors(read_state(folder)) for folder in (tmp_path, whole)))


def write_shards(folder: Path, photos: str, count: int) -> str:
    """Write each photo to the next of some shards, under a key of its own."""
    files = sorted(Path(photos).glob("*.png"))
    for number in range(count):
        with tarfile.open(folder / f"shard-{number}.tar", "w") as shard:
            for file in files[number::count]:
                shard.add(file, f"photo{file.stem}.png")
    return f"{folder}/shard-{{0..{count - 1}}}.tar"


@pytest.mark.parametrize("workers", [0, 2])
def test_shards_go_on_at_the_shard(tmp_path: Path, photos: str, workers: int) -> None:
    shards = write_shards(tmp_path, photos, 3)  # of two photos each
    output = tmp_path / "out"
    flags = ("--shards", shards, "--workers", str(workers), "--batch-size", "2")
    seen: list[list[str]] = []
    shard_numbers: list[int] = []
    count_skipped = train.Training.count_skipped

    def note(self: object, batch: Batch) -> None:
        seen.append(batch.keys)
        shard_numbers.append(batch.shard)
        count_skipped(self, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train.Training, "count_skipped", note)
        run(output, *flags, "--steps", "4")
        first = read_state(output)["shard"]
        run(output, *flags, "--steps", "6")
    assert shard_numbers[:4] == [0, 1, 2, 3]
    assert first == (3 if workers == 0 else 2)  # with two workers, the other one reads shard 2
    assert shard_numbers[4] == first
    assert seen[4] == seen[first]  # its samples come again, in the same order
    assert read_state(output)["step"] == 6
