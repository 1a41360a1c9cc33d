"""What a pickle program describes, without running any of it.

A pickle is a program for a small stack machine, and the real machine imports and calls whatever the
program names. This one builds plain containers, numbers and strings. Every other class, function or
object becomes an :class:`Opaque`, which has a name and does nothing: nothing is imported, nothing
is called.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lamakit._weights.machine import Machine, Opaque, Rebuild, instance

__all__ = ["Program", "interpret"]


class Program(Protocol):
    """A file that a pickle is read from."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self) -> bytes: ...
    def tell(self) -> int: ...


def interpret(
    program: Program,
    *,
    persistent: Callable[[object], object] | None = None,
    rebuild: Mapping[str, Rebuild] | None = None,
) -> object:
    """The object that the program describes; the file then stands at the program's end.

    Args:
        program: the file, at the program's start.
        persistent: gives the object that a persistent id stands for; without it there may be none.
        rebuild: by dotted name, functions whose calls are understood.

    Raises:
        ValueError: if the program is too long or uses what cannot be inert. A damaged one raises
            whatever error comes first, which the caller must expect.
    """
    machine = Machine(persistent, rebuild or {})
    for opcode, argument, _ in pickletools.genops(program):  # type: ignore[arg-type]
        machine.count()
        if opcode.name in _PUSHES:
            machine.push(argument)
        elif opcode.name in _CONSTANTS:
            machine.push(_CONSTANTS[opcode.name])
        elif opcode.name in _INSTRUCTIONS:
            _INSTRUCTIONS[opcode.name](machine, argument)
        elif opcode.name not in _IGNORED:
            raise ValueError(f"its pickle has an instruction {opcode.name}, which weights never do")
    return machine.pop()


def _global(machine: Machine, argument: str) -> None:
    module, _, name = argument.partition(" ")
    machine.push(Opaque(module, name))


def _stack_global(machine: Machine, _: object) -> None:
    name, module = machine.pop(), machine.pop()
    if not isinstance(name, str) or not isinstance(module, str):
        raise ValueError("its pickle names a class by what is no string")
    machine.push(Opaque(module, name))


def _new(machine: Machine, arguments: int) -> None:
    of, *_ = machine.take(1 + arguments)
    machine.push(instance(of))


def _dict(machine: Machine, _: object) -> None:
    items = machine.take_to_mark()
    machine.push({})
    machine.set_items(items)


def _inst(machine: Machine, name: str) -> None:
    machine.take_to_mark()
    _global(machine, name)


# Their argument is the object itself.
_PUSHES = frozenset(
    (
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING"),
        *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    )
)

_CONSTANTS: dict[str, object] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}

_IGNORED = frozenset(("PROTO", "FRAME", "STOP"))

_INSTRUCTIONS: dict[str, Callable[[Machine, Any], object]] = {
    "EMPTY_TUPLE": lambda m, _: m.push(()),
    "EMPTY_LIST": lambda m, _: m.push([]),
    "EMPTY_DICT": lambda m, _: m.push({}),
    "EMPTY_SET": lambda m, _: m.push([]),  # a set would hash its items
    "MARK": lambda m, _: m.marks.append(len(m.stack)),
    "POP": lambda m, _: m.pop(),
    "POP_MARK": lambda m, _: m.take_to_mark(),
    "DUP": lambda m, _: m.push(m.stack[-1]),
    "TUPLE": lambda m, _: m.push(tuple(m.take_to_mark())),
    "TUPLE1": lambda m, _: m.push(tuple(m.take(1))),
    "TUPLE2": lambda m, _: m.push(tuple(m.take(2))),
    "TUPLE3": lambda m, _: m.push(tuple(m.take(3))),
    "LIST": lambda m, _: m.push(m.take_to_mark()),
    "FROZENSET": lambda m, _: m.push(m.take_to_mark()),
    "DICT": _dict,
    "SETITEM": lambda m, _: m.set_items(m.take(2)),
    "SETITEMS": lambda m, _: m.set_items(m.take_to_mark()),
    "APPEND": lambda m, _: m.extend(m.take(1)),
    "APPENDS": lambda m, _: m.extend(m.take_to_mark()),
    "ADDITEMS": lambda m, _: m.extend(m.take_to_mark()),
    "PUT": Machine.put,
    "BINPUT": Machine.put,
    "LONG_BINPUT": Machine.put,
    "MEMOIZE": lambda m, _: m.put(len(m.memo)),
    "GET": Machine.get,
    "BINGET": Machine.get,
    "LONG_BINGET": Machine.get,
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": lambda m, _: m.reduce(),
    "BUILD": lambda m, _: m.build(),
    "NEWOBJ": lambda m, _: _new(m, 1),
    "NEWOBJ_EX": lambda m, _: _new(m, 2),
    "OBJ": lambda m, _: m.push(instance(m.take_to_mark()[0])),
    "INST": _inst,
    "PERSID": Machine.load,
    "BINPERSID": lambda m, _: m.load(m.pop()),
}
