"""Lookup by name, and registries of factories, so that a configuration file can name them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def look_up(kind: str, name: str, known: Mapping[str, T]) -> T:
    """Return the value of ``name`` in ``known``.

    Args:
        kind: what the values are, such as "generator", for the message.
        name: the name to look up.
        known: every value by its name.

    Raises:
        ValueError: if the name is unknown; the message lists the known ones.
    """
    if name not in known:
        raise ValueError(f"no {kind} is called {name!r:.100}; known are {', '.join(sorted(known))}")
    return known[name]


class Registry(Generic[T]):
    """Factories of one kind, by name.

    Args:
        kind: what they build, such as "generator", for messages.
        *functions: factories to be found under their own names.
        **named: factories to be found under other names.
    """

    def __init__(self, kind: str, *functions: Callable[..., T], **named: Callable[..., T]) -> None:
        self.kind = kind
        self.factories = {function.__name__: function for function in functions} | named

    def create(self, name: str, overrides: Mapping[str, Any]) -> T:
        """Call the factory of that name with the overrides as keyword arguments."""
        return look_up(self.kind, name, self.factories)(**overrides)

    def names(self) -> list[str]:
        """Return the names of all factories, sorted."""
        return sorted(self.factories)
