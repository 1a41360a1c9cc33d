"""Time and memory of two ways to do one job.

A shared or throttled machine is now fast, now slow. So both jobs run by turns in the same process,
and what counts is the ratio of two runs next to each other, not their seconds:

    ours, reference | reference, ours | ours, reference | ...
       ratio 1      |     ratio 2     |     ratio 3     |        -> the median
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from typing_extensions import override

__all__ = ["Job", "Timing", "describe_machine", "peak_in_process", "peak_memory", "time_ratio"]

Job = Callable[[], object]


class Timing(NamedTuple):
    """The median ratio of our time to the reference's, and the median seconds of each."""

    ratio: float
    ours: float
    reference: float
    rounds: int

    @override
    def __str__(self) -> str:
        return (
            f"ratio {self.ratio:.3f} (ours {self.ours:.3f} s, reference {self.reference:.3f} s, "
            f"{self.rounds} rounds)"
        )


def time_ratio(
    ours: Job,
    reference: Job,
    device: torch.device,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    *,
    warm_up: bool = True,
) -> Timing:
    """Return how long both jobs take; below a ratio of 1, ours is faster.

    Args:
        ours: lamakit's way.
        reference: the plain way.
        device: where both compute; a GPU is waited for.
        rounds: how often each is timed. Who goes first alternates.
        clock: returns seconds: ``time.process_time`` counts those of all threads of a CPU.
        warm_up: run each once before, untimed. Without it both must have run already, perhaps in
            a shorter form.
    """

    def seconds(job: Job) -> float:
        start = clock()
        job()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return clock() - start

    if warm_up:
        seconds(ours)
        seconds(reference)
    pairs = []
    for number in range(rounds):
        if number % 2:
            theirs, mine = seconds(reference), seconds(ours)
        else:
            mine, theirs = seconds(ours), seconds(reference)
        pairs.append((mine, theirs))
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return Timing(ratio, mine, theirs, rounds)


def peak_memory(job: Job, device: torch.device) -> float:
    """Return the memory that the job takes at most, above what was held before, in MiB.

    On a CPU this is Linux's account of the process. It counts memory that an earlier job has freed
    but the allocator still holds, so each job needs a process of its own.
    """
    if device.type == "cuda":
        held = torch.cuda.memory_allocated(device)
        job()
        return (torch.cuda.max_memory_allocated(device) - held) / 2**20
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back to what is held now
    held = _resident("VmRSS")
    job()
    return (_resident("VmHWM") - held) / 2**10


def peak_in_process(benchmark: str, job: str, device: torch.device) -> float:
    """Return what a benchmark prints for ``--peak-of job``, in a process of its own."""
    command = [sys.executable, "-m", benchmark, "--device", str(device), "--peak-of", job]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (ours)
    return float(done.stdout)


def describe_machine(device: torch.device) -> str:
    """Return what a ratio was measured on: the device, its threads and torch's version."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    return f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}"


def _resident(field: str) -> int:
    """Return a field of this process's status, in KiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0])
