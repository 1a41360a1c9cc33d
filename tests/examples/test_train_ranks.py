"""examples/train.py in several processes, started by torchrun."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.examples.scripts import EXAMPLES, SMALL, all_tensors, read_curves, read_state
from tests.training.networks import write_photos

PROGRAM = """
import sys
import torch
from tests.examples.scripts import load_script

train = load_script("train")
keys, gradients = [], {}
take_step, count_skipped = train.training_step, train.Training.count_skipped

def note_keys(self, batch):
    keys.append(batch.keys)
    count_skipped(self, batch)

def note_gradients(state, *args, **options):
    values = take_step(state, *args, **options)
    if not gradients:
        for network in (state.model, state.discriminator):
            gradients.update({n: p.grad.clone() for n, p in network.named_parameters()})
    return values

train.training_step, train.Training.count_skipped = note_gradients, note_keys
training = train.Training(train.parse_settings(sys.argv[2:]))
training.run()
state = training.state
torch.save(
    {
        "keys": keys,
        "gradients": list(gradients.values()),
        "weights": [p.detach() for n in (state.model, state.discriminator) for p in n.parameters()],
    },
    f"{sys.argv[1]}.{training.fabric.world_size}.{training.fabric.global_rank}",
)
"""

pytestmark = pytest.mark.slow


def start(processes: int, program: Path, *arguments: str) -> None:
    """Run a program in that many processes, in the root of the project."""
    launcher = ["-m", "torch.distributed.run", f"--nproc_per_node={processes}", "--standalone"]
    command = [sys.executable, *(launcher if processes > 1 else []), str(program), *arguments]
    root = EXAMPLES.parent
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    subprocess.run(command, check=True, cwd=root, env=environment, timeout=300)


def test_two_processes_train_as_one(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos", 11)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    for processes in (1, 2):
        flags = ("--images", str(photos), "--output", str(tmp_path / f"out{processes}"))
        norm = ("--norm", "group", "--norm-groups", "2")
        start(processes, program, str(tmp_path / "r"), *SMALL, *flags, *norm, "--steps", "5")
    one, first, second = (
        torch.load(tmp_path / f"r.{name}", weights_only=True) for name in ("1.0", "2.0", "2.1")
    )

    # Both see other photographs, together those of the single process.
    for single, ours, theirs in zip(one["keys"], first["keys"], second["keys"], strict=True):
        assert len(ours) == len(theirs) == 2
        assert ours + theirs == single
    assert len({key for keys in first["keys"][:2] + second["keys"][:2] for key in keys}) == 8

    # Both have the same weights after five steps, bit for bit.
    for ours, theirs in zip(first["weights"], second["weights"], strict=True):
        assert torch.equal(ours, theirs)

    # The gradients of the first step are those of the single process.
    assert len(one["gradients"]) > 20
    for ours, single in zip(first["gradients"], one["gradients"], strict=True):
        assert float((ours - single).norm()) <= 1e-4 * float(single.norm()) + 1e-7

    # One process writes: the curves are means over both.
    curves = [read_curves(tmp_path / f"out{processes}") for processes in (1, 2)]
    assert curves[1]["training/l1"][2] == pytest.approx(curves[0]["training/l1"][2], rel=1e-3)


def test_two_processes_continue_exactly(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos", 7)
    flags = ("--images", str(photos), "--norm", "batch", "--accumulate", "2")
    for output, steps in (("whole", "4"), ("pieces", "2"), ("pieces", "4")):
        output_flags = ("--output", str(tmp_path / output), "--steps", steps)
        start(2, EXAMPLES / "train.py", *SMALL, *flags, *output_flags)
    whole, pieces = (all_tensors(read_state(tmp_path / name)) for name in ("whole", "pieces"))
    assert whole.keys() == pieces.keys()
    for name, tensor in whole.items():
        assert torch.equal(pieces[name], tensor), name


STOPPED = """
import os
import signal
import sys
from tests.examples.scripts import load_script

train = load_script("train")
step = train.Training.step

def interrupted(self):
    step(self)
    if self.state.step == 3 and self.fabric.global_rank == 1:
        os.kill(os.getpid(), signal.SIGTERM)

train.Training.step = interrupted
train.main(sys.argv[1:])
"""


def test_a_signal_to_one_process_stops_both(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos", 7)
    program = tmp_path / "program.py"
    program.write_text(STOPPED)
    flags = ("--images", str(photos), "--output", str(tmp_path / "out"), "--average-decay", "0")
    reports = ("--validation", str(photos), "--evaluate-every", "2", "--steps", "1000")
    start(2, program, *SMALL, *flags, *reports)
    assert read_state(tmp_path / "out")["step"] == 4  # where they report next
    curves = read_curves(tmp_path / "out")
    assert set(curves["validation/PSNR"]) == {2, 4}


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_sync_batch_norm_has_the_statistics_of_all_processes(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos", 8)
    gpus = [flag if flag != "cpu" else "cuda" for flag in SMALL]
    for processes, norm in ((1, "batch"), (2, "sync_batch")):
        flags = ("--images", str(photos), "--output", str(tmp_path / norm), "--norm", norm)
        devices = ("--devices", str(processes), "--steps", "1")
        start(processes, EXAMPLES / "train.py", *gpus, *flags, *devices)
    one, two = (read_state(tmp_path / norm)["state_dict"] for norm in ("batch", "sync_batch"))
    for name, tensor in one.items():
        if "running" in name:
            torch.testing.assert_close(two[name], tensor, rtol=1e-3, atol=1e-4)
