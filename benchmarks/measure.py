"""Timing two ways of doing one job side by side, so that a machine's moods cancel out.

And the memory that a job takes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from typing_extensions import override

__all__ = ["Job", "Timing", "describe_machine", "peak_memory", "time_ratio"]

Job = Callable[[], object]


class Timing(NamedTuple):
    """Median seconds of both and the median ratio of neighbouring runs; below 1, ours is faster."""

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
) -> Timing:
    """How long both take by that clock. They take turns, and who goes first alternates."""

    def seconds(job: Job) -> float:
        start = clock()
        job()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return clock() - start

    for job in (ours, reference):
        seconds(job)
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
    """How much memory the job takes at most above what was held before, in MiB.

    On a CPU this reads Linux's account of the process, so each job needs a process of its own:
    memory that an earlier one has freed may still be held.
    """
    if device.type == "cuda":
        held = torch.cuda.memory_allocated(device)
        job()
        return (torch.cuda.max_memory_allocated(device) - held) / 2**20
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back to what is held now
    held = _resident("VmRSS")
    job()
    return (_resident("VmHWM") - held) / 2**10


def _resident(field: str) -> int:
    """A field of this process's status, in KiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0])


def describe_machine(device: torch.device) -> str:
    """Device, threads and torch version: what a ratio was measured on."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    return f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}"
