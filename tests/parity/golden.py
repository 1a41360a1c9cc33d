"""Golden arrays, and weights filled under the published names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tests.parity.fill import fill

Arrays = dict[str, npt.NDArray[Any]]


def load_golden(name: str) -> Arrays:
    """Every array of ``name``.npz, which lies beside this file."""
    with np.load(Path(__file__).parent / f"{name}.npz") as archive:
        return dict(archive)


def fill_state_dict(
    shapes: dict[str, tuple[int, ...]], seed: int, gain: float
) -> dict[str, Tensor]:
    """The weights the golden outputs were computed with."""
    return {name: torch.from_numpy(np.asarray(v)) for name, v in fill(shapes, seed, gain).items()}


def published_weights(golden: Arrays) -> dict[str, Tensor]:
    """The filled weights of a golden file that lists its keys."""
    shapes = {}
    for key in golden["keys"]:
        name, shape = str(key).split(" ", 1)
        shapes[name] = tuple(int(side) for side in shape.strip("()").split(",") if side)
    return fill_state_dict(shapes, int(golden["seed"]), float(golden["gain"]))
