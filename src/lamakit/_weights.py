"""State dicts: read from a file or a mapping, and compared with what a module expects."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor

__all__ = ["Weights", "check_state_dict", "list_names", "read_state_dict"]

Weights: TypeAlias = str | os.PathLike[str] | Mapping[str, Tensor]
"""A file that ``torch.save`` wrote of a state dict, or the state dict."""


def read_state_dict(source: Weights, *, missing: str = "") -> dict[str, Tensor]:
    """The tensors of a file or a mapping by name; on the CPU if from a file.

    A ``state_dict`` entry inside, as trainers write it beside other things, is what counts.

    Args:
        source: a file that ``torch.save`` wrote, in the zip format or the one before it, or what
            it would hold.
        missing: advice for a file that does not exist: where one comes from.

    Raises:
        FileNotFoundError: if the file does not exist.
        OSError: if it cannot be opened.
        ValueError: if it holds no state dict.
        TypeError: if ``source`` is neither a path nor a mapping.
    """
    content: object = source if isinstance(source, Mapping) else _load(source, missing)
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise ValueError(f"{source} holds a {type(content).__name__}; {_EXPECTED}")
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
    """The first few names in alphabetical order, and how many more there are."""
    rest = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(sorted(names)[:most]) + rest


_EXPECTED = "expected a file that torch.save wrote of a state dict"


def _load(path: str | os.PathLike[str], missing: str) -> object:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"weights must be a path or a state dict, got {type(path).__name__}; "
            "a module's state dict is module.state_dict()"
        )
    name = os.fspath(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch announces what it then refuses to do
            content: object = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        if not missing:
            raise
        raise FileNotFoundError(f"there is no file {name}; {missing}") from error
    except OSError:
        raise
    except Exception as error:  # a damaged file fails in torch with whatever error comes first
        raise ValueError(f"{name} cannot be read as weights; {_EXPECTED}") from error
    return content


def _check_tensors(state_dict: Mapping[Any, Any]) -> None:
    others = [
        str(name)
        for name, value in state_dict.items()
        if not (isinstance(name, str) and isinstance(value, Tensor))
    ]
    if others:
        raise ValueError(
            "a state dict maps names to tensors, which these entries do not: "
            f"{list_names(others)}; if one of them holds the state dict, give that"
        )
