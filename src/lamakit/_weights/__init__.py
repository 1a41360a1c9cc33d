"""State dicts: read from a file or a mapping, and compared with what a module expects."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor

from lamakit._weights.weight_files import ACCEPTED, read_file

__all__ = ["Weights", "check_state_dict", "list_names", "read_state_dict", "select_state_dict"]

Weights: TypeAlias = str | os.PathLike[str] | Mapping[str, Tensor]
"""A file of a state dict, in any format that :func:`read_file` reads, or the state dict."""


def read_state_dict(source: Weights, *, missing: str = "") -> dict[str, Tensor]:
    """The tensors of a file or a mapping by name; on the CPU if from a file.

    A ``state_dict`` entry inside, as trainers write it beside other things, is what counts.

    Args:
        source: a file in any format that :func:`read_file` reads, or what it would hold.
        missing: advice for a file that does not exist: where one comes from.

    Raises:
        FileNotFoundError: if the file does not exist.
        OSError: if it cannot be opened.
        ValueError: if it holds no state dict.
        TypeError: if ``source`` is neither a path nor a mapping.
    """
    if isinstance(source, Mapping):
        return select_state_dict(source, "the mapping")
    return select_state_dict(read_file(source, missing=missing).content, os.fspath(source))


def select_state_dict(content: object, what: str) -> dict[str, Tensor]:
    """The state dict that ``content`` is or has an entry of; ``what`` names it in messages."""
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise ValueError(f"{what} holds a {type(content).__name__}; expected {ACCEPTED}")
    _check_tensors(content)
    return dict(content)


def check_state_dict(
    found: Mapping[str, Tensor], expected: Mapping[str, torch.Size], what: str
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
    """The first few names in alphabetical order, and how many more there are.

    Long ones are cut, and those that would steer a terminal are escaped: they may be anybody's.
    """
    rest = f", and {len(names) - most} more" if len(names) > most else ""
    shown = (name[:200] for name in sorted(names)[:most])
    return ", ".join(name if name.isprintable() else ascii(name) for name in shown) + rest


def _check_tensors(state_dict: Mapping[Any, Any]) -> None:
    others = [
        str(name)[:200]
        for name, value in state_dict.items()
        if not (isinstance(name, str) and isinstance(value, Tensor))
    ]
    if others:
        raise ValueError(
            "a state dict maps names to tensors, which these entries do not: "
            f"{list_names(others)}; if one of them holds the state dict, give that"
        )
