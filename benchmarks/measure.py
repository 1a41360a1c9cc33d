"""Timing two ways of doing one job side by side, so that a machine's moods cancel out."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from typing_extensions import override

__all__ = ["Timing", "describe_machine", "time_ratio"]


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
    ours: Callable[[], object],
    reference: Callable[[], object],
    device: torch.device,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Timing:
    """How long both take by that clock. They take turns, and who goes first alternates."""

    def seconds(job: Callable[[], object]) -> float:
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


def describe_machine(device: torch.device) -> str:
    """Device, threads and torch version: what a ratio was measured on."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    return f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}"
