"""State dicts: chosen from what a file holds, and compared with what a module expects."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor

from lamakit._weights.file_errors import ACCEPTED
from lamakit._weights.stored_tensors import StoredTensor
from lamakit._weights.wrapped_names import without_wrapper, without_wrappers

Weights: TypeAlias = str | os.PathLike[str] | Mapping[str, Tensor]
"""A file of a state dict, in any format that :func:`open_weights` reads, or the state dict."""

_MOST_NAMES = 100_000  # in all entries of a file; large networks have a few thousand tensors
_LONGEST_KEY = 200


def select_state_dict(
    content: object, what: str, key: str | None = None
) -> dict[str, StoredTensor]:
    """Return the state dict in what a file holds, without the names of wrappers around the model.

    It is the content itself, its entry ``state_dict``, or its only entry that is a state dict; if
    there are several, all of them, each with its key and a dot before its names.

    Args:
        content: what a file holds, or a mapping in its place.
        what: its name in messages.
        key: the entry to take, or the beginning of the names to take, without its dot.

    Raises:
        ValueError: if it is no state dict, or has no such key.
        TypeError: if the key is not a string.
    """
    if key is None:
        return without_wrappers(_tensors(content, what))
    if not isinstance(key, str):
        raise TypeError(f"key must be a string, got {key!r:.80}")
    if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
        return without_wrappers(_tensors(content[key], f"the entry {key!r} of {what}"))
    found = without_wrappers(_tensors(content, what))
    chosen = names_behind(found, without_wrapper(f"{key}."))
    if not chosen:
        raise ValueError(
            f"{what} has no tensors under the key {key!r}; its keys are "
            f"{list_names(_keys(content, found)) or 'none'}"
        )
    return chosen


def names_behind(state_dict: Mapping[str, StoredTensor], prefix: str) -> dict[str, StoredTensor]:
    """Return the tensors whose names begin with ``prefix``, without it."""
    names = (name for name in state_dict if name.startswith(prefix))
    return {name.removeprefix(prefix): state_dict[name] for name in names}


def _tensors(content: object, what: str) -> dict[str, StoredTensor]:
    """Return the tensors of the state dict, or of the state dicts, that the content holds."""
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise ValueError(f"{what} holds a {type(content).__name__}; expected {ACCEPTED}")
    parts = {} if _has_tensors(content) else _state_dicts(content)
    if len(parts) == 1:
        (content,) = parts.values()
    elif parts:
        content = {f"{key}.{name}": v for key, part in parts.items() for name, v in part.items()}
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


def _state_dicts(content: Mapping[object, object]) -> dict[str, Mapping[str, Any]]:
    """Return the entries that are state dicts and not empty; none of too large a content.

    A hostile file may hold one large mapping under many keys, so their sizes are added up before
    anything in them is looked at.
    """
    entries = {
        key: entry
        for key, entry in content.items()
        if isinstance(key, str) and len(key) <= _LONGEST_KEY and isinstance(entry, Mapping)
    }
    if sum(map(len, entries.values())) > _MOST_NAMES:
        return {}
    return {key: entry for key, entry in entries.items() if entry and _is_state_dict(entry)}


def _is_state_dict(entry: Mapping[object, object]) -> bool:
    return all(isinstance(name, str) for name in entry) and all(
        isinstance(value, (Tensor, StoredTensor)) for value in entry.values()
    )


def _has_tensors(content: Mapping[object, object]) -> bool:
    return any(isinstance(value, (Tensor, StoredTensor)) for value in content.values())


def _keys(content: object, names: Iterable[str]) -> set[str]:
    """Return the keys that may be asked for: entries, and beginnings of names."""
    entries = _state_dicts(content) if isinstance(content, Mapping) else {}
    return {*entries, *(name.split(".")[0] for name in names if "." in name)}


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
