"""The names of tensors in a state dict, without what wrappers around a model add to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")

# What data parallelism and AveragedModel, torch.compile, and Lightning Fabric put before a name.
_WRAPPER = re.compile(r"(?:^|(?<=\.))(?:module|_orig_mod|_forward_module)\.")
_COUNTER = "n_averaged"


def without_wrappers(tensors: Mapping[str, T]) -> dict[str, T]:
    """Return the tensors under the names that they have in the model inside all wrappers.

    A component ``module``, ``_orig_mod`` or ``_forward_module`` is left out, wherever it stands: a
    part of the model may be wrapped. So is the counter that AveragedModel keeps beside the weights.

    Raises:
        ValueError: if two tensors get the same name.
    """
    bare = {name: without_wrapper(name) for name in tensors}
    is_wrapped = any(len(bare[name]) < len(name) for name in tensors)
    found: dict[str, T] = {}
    for name, tensor in tensors.items():
        key = bare[name]
        if is_wrapped and key.split(".")[-1] == _COUNTER:
            continue
        if key in found:
            raise ValueError(f"two tensors are called {key[:200]!a}, one of them inside a wrapper")
        found[key] = tensor
    return found


def without_wrapper(name: str) -> str:
    """Return one name without what wrappers add to it."""
    return _WRAPPER.sub("", name)
