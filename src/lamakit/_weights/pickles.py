"""What a pickle program describes, without importing or calling anything.

A pickle is a program for a small stack machine. Python's own machine imports whatever the program
names and calls it. The machine used here builds plain containers, numbers and strings, and makes an
inert :class:`Opaque` of each class, function or object that the program names.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lamakit._weights.machine import Machine, Opaque, Rebuild, instance


class Program(Protocol):
    """A file that a pickle is read from."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self) -> bytes: ...


def interpret(
    program: Program,
    *,
    persistent: Callable[[object], object] | None = None,
    rebuild: Mapping[str, Rebuild] | None = None,
) -> object:
    """Return the object that the program describes, and leave the file at the program's end.

    Args:
        program: the file, at the program's start.
        persistent: gives the object that a persistent id stands for; without it there may be none.
        rebuild: by dotted name, the functions whose calls make an object that is not inert.

    Raises:
        ValueError: if the program is too long or has an instruction that weights never need. A
            damaged one raises whatever error comes first, which the caller must expect.
    """
    machine = Machine(persistent, rebuild or {})
    for opcode, argument, _ in pickletools.genops(program):  # type: ignore[arg-type]
        machine.count()
        if opcode.name in _INSTRUCTIONS:
            _INSTRUCTIONS[opcode.name](machine, argument)
        elif opcode.arg and opcode.stack_after not in _NO_VALUE:
            machine.push(argument)
        else:
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


def _dict(machine: Machine, _: object) -> None:
    items = machine.take_to_mark()
    machine.push({})
    machine.set_items(items)


def _inst(machine: Machine, name: str) -> None:
    machine.take_to_mark()
    _global(machine, name)


# Some twenty instructions push their argument: numbers, strings and bytes of many lengths. They are
# those with an argument of which pickletools says that they leave an object of a certain type.
_NO_VALUE: tuple[list[pickletools.StackObject], ...] = ([], [pickletools.anyobject])

_INSTRUCTIONS: dict[str, Callable[[Machine, Any], object]] = {
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), lambda _, __: None),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), Machine.get),
    "MEMOIZE": lambda m, _: m.put(len(m.memo)),
    "NONE": lambda m, _: m.push(None),
    "NEWTRUE": lambda m, _: m.push(True),  # noqa: FBT003 (the object is the argument)
    "NEWFALSE": lambda m, _: m.push(False),  # noqa: FBT003
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
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": lambda m, _: m.reduce(),
    "BUILD": lambda m, _: m.build(),
    "NEWOBJ": lambda m, _: m.push(instance(m.take(2)[0])),
    "NEWOBJ_EX": lambda m, _: m.push(instance(m.take(3)[0])),
    "OBJ": lambda m, _: m.push(instance(m.take_to_mark()[0])),
    "INST": _inst,
    "PERSID": Machine.load,
    "BINPERSID": lambda m, _: m.load(m.pop()),
}
