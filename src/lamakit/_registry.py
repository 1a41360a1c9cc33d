"""Factories by name, for configuration files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

__all__ = ["Registry", "look_up"]

T = TypeVar("T")


def look_up(kind: str, name: str, known: Mapping[str, T]) -> T:
    """Return what is known under a name.

    Args:
        kind: what is looked for, such as "generator", for the message.
        name: the name.
        known: all there is, by name.

    Raises:
        ValueError: if nothing has that name; the message lists the names.
    """
    if name not in known:
        raise ValueError(f"no {kind} is called {name!r:.100}; known are {', '.join(sorted(known))}")
    return known[name]


class Registry(Generic[T]):
    """Factories of one kind by name.

    Args:
        kind: what they build, such as "generator", for messages.
        *functions: factories that are known by their own names.
        **named: factories under other names.
    """

    def __init__(self, kind: str, *functions: Callable[..., T], **named: Callable[..., T]) -> None:
        self.kind = kind
        self.factories = {function.__name__: function for function in functions} | named

    def create(self, name: str, overrides: Mapping[str, Any]) -> T:
        """Call the factory of that name with the overrides."""
        return look_up(self.kind, name, self.factories)(**overrides)

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted(self.factories)
