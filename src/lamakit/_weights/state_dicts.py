"""State dicts: chosen from what a file holds, and compared with what a module expects."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

from lamakit._weights.file_errors import ACCEPTED
from lamakit._weights.stored_tensors import StoredTensor

Weights: TypeAlias = str | os.PathLike[str] | Mapping[str, Tensor]
"""A file of a state dict, in any format that :func:`open_weights` reads, or the state dict."""


def select_state_dict(content: object, what: str) -> dict[str, StoredTensor]:
    """Return the state dict that ``content`` is, or has as its entry ``state_dict``.

    Args:
        content: what a file holds, or a mapping in its place.
        what: its name in messages.

    Raises:
        ValueError: if it is no state dict.
    """
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise ValueError(f"{what} holds a {type(content).__name__}; expected {ACCEPTED}")
    others = [
        str(name)[:200]
        for name, value in content.items()
        if not (isinstance(name, str) and isinstance(value, (Tensor, StoredTensor)))
    ]
    if others:
        raise ValueError(
            "a state dict maps names to tensors, which these entries do not: "
            f"{list_names(others)}; if one of them holds the state dict, give that"
        )
    return {
        name: StoredTensor.in_memory(value) if isinstance(value, Tensor) else value
        for name, value in content.items()
    }


def check_state_dict(
    found: Mapping[str, Tensor] | Mapping[str, StoredTensor],
    expected: Mapping[str, torch.Size],
    what: str,
) -> None:
    """Raise unless ``found`` has exactly the ``expected`` names and shapes: those of ``what``."""
    problems = {
        "missing": expected.keys() - found.keys(),
        "unexpected": found.keys() - expected.keys(),
        "misshapen": {
            f"{name} {tuple(found[name].shape)} instead of {tuple(shape)}"
            for name, shape in expected.items()
            if name in found and found[name].shape != shape
        },
    }
    if any(problems.values()):
        listed = (
            f"{len(names)} {kind}: {list_names(names)}" for kind, names in problems.items() if names
        )
        raise ValueError(f"the weights are not those of {what}: {'; '.join(listed)}")


def list_names(names: Collection[str], most: int = 8) -> str:
    """Return the first names in alphabetical order as a text, and how many more there are.

    Long names are cut, and those that would steer a terminal are escaped: a file may hold any.
    """
    rest = f", and {len(names) - most} more" if len(names) > most else ""
    shown = (name[:200] for name in sorted(names)[:most])
    return ", ".join(name if name.isprintable() else ascii(name) for name in shown) + rest
