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
    ours: Callable[[], object], reference: Callable[[], object], device: torch.device, rounds: int
) -> Timing:
    """How long both take. They take turns, and who goes first alternates."""
    for job in (ours, reference):
        _seconds(job, device)
    pairs = []
    for number in range(rounds):
        if number % 2:
            theirs, mine = _seconds(reference, device), _seconds(ours, device)
        else:
            mine, theirs = _seconds(ours, device), _seconds(reference, device)
        pairs.append((mine, theirs))
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return Timing(ratio, mine, theirs, rounds)


def describe_machine(device: torch.device) -> str:
    """Device, threads and torch version: what a ratio was measured on."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    return f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}"


def _seconds(job: Callable[[], object], device: torch.device) -> float:
    start = time.perf_counter()
    job()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
