"""The stack machine that pickle programs are written for, with everything it names inert.

Work and memory stay in proportion to the program's length: no instruction costs more than its own
bytes and items, and there may only be so many. Programs that share one object many times over stay
small, because nothing here walks through what it has built, nor hashes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any

from typing_extensions import override

__all__ = ["BUDGET", "Machine", "Opaque", "Rebuild", "instance"]

BUDGET = 2_000_000
"""Instructions that a program may have: published files have some ten thousand."""

Rebuild = Callable[[tuple[Any, ...]], object]
"""Makes an object from the arguments that the program gives to a function of some known name."""


class Opaque:
    """A class, a function, or an instance of one: known by its name, and inert.

    The two halves of the name stay apart: joining long ones again and again would cost memory.
    """

    __slots__ = ("module", "name", "state")

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name
        self.state: object = None

    @property
    def dotted(self) -> str:
        """The whole name, cut where no real one is that long."""
        return f"{self.module[:200]}.{self.name[:200]}"

    @override
    def __repr__(self) -> str:
        return ascii(self.dotted)


class Machine:
    """The stack, its marks, and the memo: a dictionary, so no index costs memory.

    Args:
        persistent: gives the object that a persistent id stands for; None if there may be none.
        rebuild: by dotted name, functions whose calls are understood.
    """

    def __init__(
        self, persistent: Callable[[object], object] | None, rebuild: Mapping[str, Rebuild]
    ) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int | str, object] = {}
        self.persistent, self.rebuild = persistent, rebuild
        self.counted = self.copied = 0

    def count(self) -> None:
        """Take note of an instruction."""
        self.counted += 1
        if self.counted > BUDGET:
            raise ValueError(f"its pickle has more than {BUDGET} instructions")

    def push(self, value: object) -> None:
        self.stack.append(value)

    def pop(self) -> Any:  # noqa: ANN401 (whatever the program put there)
        return self.stack.pop()

    def take(self, count: int) -> list[Any]:
        """The uppermost items, off the stack."""
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def take_to_mark(self) -> list[Any]:
        """All items above the last mark, off the stack."""
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def put(self, index: int) -> None:
        self.memo[_number(index)] = self.stack[-1]

    def get(self, index: int) -> None:
        self.push(self.memo[_number(index)])

    def set_items(self, items: list[Any]) -> None:
        """Put keys and values, in turn, into the dictionary on top."""
        target = self.stack[-1]
        if isinstance(target, dict):
            for key, value in zip(items[::2], items[1::2], strict=True):
                target[_key(key)] = value
        elif not isinstance(target, Opaque):
            raise ValueError("its pickle sets items of what is no dictionary")

    def extend(self, items: list[Any]) -> None:
        """Append to the list on top."""
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(items)
        elif not isinstance(target, Opaque):
            raise ValueError("its pickle appends to what is no list")

    def build(self) -> None:
        """Keep the state of an inert object; of anything else, drop it."""
        state, target = self.pop(), self.stack[-1]
        if isinstance(target, Opaque):
            target.state = state

    def load(self, identifier: object) -> None:
        """Push what a persistent id stands for."""
        if self.persistent is None:
            raise ValueError("its pickle has a persistent id where none belongs")
        self.push(self.persistent(identifier))

    def reduce(self) -> None:
        """Push what a call would return: rebuilt if the function is known, else inert."""
        arguments, function = self.pop(), self.pop()
        name = function.dotted if isinstance(function, Opaque) else ""
        if not isinstance(arguments, tuple):
            self.push(instance(function))
        elif name == "collections.OrderedDict":
            self.push({})
            for pairs in arguments[:1]:
                self._check_copy(pairs)
                self.set_items([part for pair in pairs for part in _pair(pair)])
        elif name in self.rebuild:
            self.push(self.rebuild[name](arguments))
        else:
            self.push(instance(function))

    def _check_copy(self, items: Sized) -> None:
        """Each item took an instruction, so it may be copied once."""
        self.copied += len(items)
        if self.copied > self.counted:
            raise ValueError("its pickle copies the same items again and again")


def instance(of: object) -> Opaque:
    """An inert instance of that class, or result of that function."""
    return Opaque(of.module, of.name) if isinstance(of, Opaque) else Opaque("builtins", "object")


def _pair(pair: object) -> Sequence[object]:
    if isinstance(pair, (tuple, list)) and len(pair) == 2:  # anything else may be long to unpack
        return pair
    raise ValueError("its pickle has a dictionary of what is no pair")


def _key(key: object) -> object:
    """What may be a dictionary's key: hashed in one step, and with few collisions."""
    if isinstance(key, (str, bytes, bool, type(None), Opaque)):
        return key
    if isinstance(key, int) and -(2**60) < key < 2**60:
        return _number(key)
    return Opaque("builtins", type(key).__name__)


def _number(value: int) -> int | str:
    """A key for that number: large ones that collide can be made up, but not as text."""
    return value if -(2**20) < value < 2**20 else str(value)
