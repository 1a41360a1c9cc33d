"""The stack machine that runs pickle programs, with every class and function in them inert.

The machine has a stack, marks on the stack, and a memo from which an object is used again::

    program             stack afterwards
    MARK                |
    push "weight"       | "weight"
    push 3              | "weight" 3
    TUPLE               ("weight", 3)               all above the last mark, as one object
    put in memo 0       ("weight", 3)               memo: {0: ("weight", 3)}

Idea of its safety: the work of an instruction is proportional to its own length in bytes plus the
number of objects that it takes from the stack. It never looks inside these objects: it does not
compare or print them, nor hash or copy what they contain. So time and memory stay in proportion to
the program's length, even where a short program describes an object of astronomical size by using
its parts many times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

BUDGET = 2_000_000
"""The most instructions that a program may have: published files have some ten thousand."""

Rebuild = Callable[[tuple[Any, ...]], object]
"""A function that makes an object from the arguments of a call in the program."""


@dataclass(eq=False, repr=False, slots=True)
class Opaque:
    """A class, a function or an instance of a class: known by name, without any behaviour.

    The two parts of the name are stored apart, because joining long ones again and again would
    cost memory.

    Args:
        module: the module's name.
        name: the name within the module.
        state: the attributes that the program gives to an instance, in whatever form.
    """

    module: str
    name: str
    state: object = None

    @property
    def dotted(self) -> str:
        """Return the whole name, each half cut after 200 characters."""
        return f"{self.module[:200]}.{self.name[:200]}"

    @override
    def __repr__(self) -> str:
        return ascii(self.dotted)


class Machine:
    """The stack, its marks and the memo.

    The memo is a dictionary, not an array, so a large index costs no memory.

    Args:
        persistent: gives the object that a persistent id stands for; None if there may be none.
        rebuild: by dotted name, the functions whose calls make an object that is not inert.
    """

    def __init__(
        self, persistent: Callable[[object], object] | None, rebuild: Mapping[str, Rebuild]
    ) -> None:
        self.persistent, self.rebuild = persistent, rebuild
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int | str, object] = {}
        self.counted = self.copied = 0

    def count(self) -> None:
        """Count an instruction, and refuse a program that has too many."""
        self.counted += 1
        if self.counted > BUDGET:
            raise ValueError(f"its pickle has more than {BUDGET} instructions")

    def push(self, value: object) -> None:
        """Put an object on top of the stack."""
        self.stack.append(value)

    def pop(self) -> Any:  # noqa: ANN401 (whatever the program put there)
        """Take the uppermost object off the stack."""
        return self.stack.pop()

    def take(self, count: int) -> list[Any]:
        """Take the uppermost objects off the stack."""
        return self._take_from(-count)

    def take_to_mark(self) -> list[Any]:
        """Take all objects above the last mark off the stack, and the mark too."""
        return self._take_from(self.marks.pop())

    def put(self, index: int) -> None:
        """Store the uppermost object in the memo."""
        self.memo[_number(index)] = self.stack[-1]

    def get(self, index: int) -> None:
        """Push the object that the memo has at that index."""
        self.push(self.memo[_number(index)])

    def set_items(self, items: list[Any]) -> None:
        """Put alternating keys and values into the dictionary on top."""
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
        """Store the state of an inert object; drop that of any other."""
        state, target = self.pop(), self.stack[-1]
        if isinstance(target, Opaque):
            target.state = state

    def load(self, identifier: object) -> None:
        """Push the object that a persistent id stands for."""
        if self.persistent is None:
            raise ValueError("its pickle has a persistent id where none belongs")
        self.push(self.persistent(identifier))

    def reduce(self) -> None:
        """Push the result of a call: rebuilt if the function is a known one, else inert."""
        arguments, function = self.pop(), self.pop()
        is_call = isinstance(function, Opaque) and isinstance(arguments, tuple)
        name = function.dotted if is_call else ""
        if name == "collections.OrderedDict":
            self.push({})
            for pairs in arguments[:1]:
                self.set_items(self._flatten(pairs))
        elif name in self.rebuild:
            self.push(self.rebuild[name](arguments))
        else:
            self.push(instance(function))

    def _take_from(self, start: int) -> list[Any]:
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def _flatten(self, pairs: list[Any]) -> list[Any]:
        """Copy pairs into one list.

        Each pair cost the program at least one instruction. More pairs copied in all than
        instructions run means that the same pairs are copied again and again, which is refused.
        """
        self.copied += len(pairs)
        if self.copied > self.counted:
            raise ValueError("its pickle copies the same items again and again")
        if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
            raise ValueError("its pickle has a dictionary of what is no pair")
        return [part for pair in pairs for part in pair]


def instance(of: object) -> Opaque:
    """Return an inert instance of that class, or an inert result of that function."""
    return Opaque(of.module, of.name) if isinstance(of, Opaque) else Opaque("builtins", "object")


def _key(key: object) -> object:
    """Return the key to use in a dictionary: one that is hashed and found in a few steps."""
    if isinstance(key, (str, bytes, bool, type(None), Opaque)):
        return key
    if isinstance(key, int) and -(2**60) < key < 2**60:
        return _number(key)
    return Opaque("builtins", type(key).__name__)


def _number(value: int) -> int | str:
    """Return a key for that number: large ones as text.

    The place of a number in a dictionary's table follows from its value, so a file can choose
    many numbers that want the same place. The place of a text is random in each run of Python.
    """
    return value if -(2**12) < value < 2**12 else str(value)
