"""Eval mode for as long as a call lasts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from itertools import chain

from torch import nn

__all__ = ["evaluating", "owner"]


@contextlib.contextmanager
def evaluating(*parts: object) -> Iterator[None]:
    """Put modules among the parts into eval mode; those in training mode return to it at the end.

    Nothing is touched where all are in eval mode. A module inside a function cannot be seen.
    """
    owners = map(owner, parts)
    modules = chain.from_iterable(o.modules() for o in owners if isinstance(o, nn.Module))
    training = [module for module in modules if module.training]
    try:
        for module in training:
            module.training = False
        yield
    finally:
        for module in training:
            module.training = True


def owner(function: object) -> object:
    """Return the object that a bound method or a ``functools.partial`` calls; else the argument."""
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__self__", function)
