"""Eval mode for as long as a call lasts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import chain

from torch import nn

__all__ = ["evaluating"]


@contextlib.contextmanager
def evaluating(*parts: object) -> Iterator[None]:
    """Put modules among the parts into eval mode; those in training mode return to it at the end.

    Nothing is touched where all are in eval mode. Of a bound method, the module counts.
    """
    owners = (getattr(part, "__self__", part) for part in parts)
    modules = chain.from_iterable(o.modules() for o in owners if isinstance(o, nn.Module))
    training = [module for module in modules if module.training]
    try:
        for module in training:
            module.training = False
        yield
    finally:
        for module in training:
            module.training = True
