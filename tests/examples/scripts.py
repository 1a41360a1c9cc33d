"""What tests of the example scripts share."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

EXAMPLES = Path(__file__).parents[2] / "examples"

SMALL = (
    *("--generator-options", "base_channels=4", "num_blocks=1"),
    *("--discriminator-options", "base_channels=4", "num_layers=2"),
    *("--crop-size", "32", "--batch-size", "4", "--workers", "0", "--log-every", "2"),
    *("--accelerator", "cpu", "--no-progress"),
)
"""The flags of a training that takes a moment."""


def load_script(name: str) -> Any:
    """Return an example script as a module."""
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_state(folder: Path) -> dict[str, Any]:
    """Return the checkpoint that a training wrote."""
    state: dict[str, Any] = torch.load(folder / "checkpoint.pt", weights_only=True)
    return state


def all_tensors(state: dict[str, Any]) -> dict[str, Tensor]:
    """Return every tensor of a checkpoint: weights, averages and the optimizers' moments."""
    tensors = dict(state["state_dict"])
    for part, optimizer in state["optimizers"].items():
        for number, moments in optimizer["state"].items():
            tensors |= {f"{part}.{number}.{name}": value for name, value in moments.items()}
    return tensors


def read_curves(folder: Path) -> dict[str, dict[int, float]]:
    """Return the scalars that TensorBoard shows: each by its step."""
    curves: dict[str, dict[int, float]] = {}
    for file in sorted(folder.glob("events.*")):
        events = EventAccumulator(str(file))
        events.Reload()
        for name in events.Tags()["scalars"]:
            values = curves.setdefault(name, {})
            values |= {event.step: event.value for event in events.Scalars(name)}
    return curves
