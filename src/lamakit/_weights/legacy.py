"""The format of ``torch.save`` before torch 1.6.

Five pickles follow one another (a magic number, the format's version, the writing machine, the
object, the storages' keys), then each storage's number of elements and its bytes.
"""

from __future__ import annotations

import sys
from typing import BinaryIO

import torch
from torch import Tensor

from lamakit._weights.pickles import interpret
from lamakit._weights.tensors import Storages

__all__ = ["read_legacy"]

_MAGIC = 0x1950A86A20F9469CFC6C


def read_legacy(file: BinaryIO, file_size: int) -> object:
    """The object in the file."""
    program = _Bounded(file, file_size)
    if interpret(program) != _MAGIC:
        raise ValueError("it is a pickle that torch.save did not write")
    if interpret(program) != 1001:
        raise ValueError("it is of an unknown version of the format before zip")
    machine = interpret(program)
    little = machine.get("little_endian", True) if isinstance(machine, dict) else True
    if little is not (sys.byteorder == "little"):
        raise ValueError("it was written on a machine with another order of bytes")
    storages = Storages(file_size, _fill_later)
    content = interpret(program, persistent=storages.load, rebuild=storages.rebuild())
    keys = interpret(program)
    if not isinstance(keys, list) or len(keys) != len(storages.found):
        raise ValueError("its list of storages does not fit its object")
    for key in keys:
        if not isinstance(key, str) or key not in storages.found:  # or twice in the list
            raise ValueError("its list of storages does not fit its object")
        elements = storages.found.pop(key).elements
        if int.from_bytes(file.read(8), "little") != len(elements):
            raise ValueError("the length of a storage is not what its object says")
        buffer = elements.view(torch.uint8).numpy()
        if file.readinto(buffer) != len(buffer):  # type: ignore[attr-defined]
            raise ValueError("it ends within a storage, so it is cut off")
    return content


class _Bounded:
    """A file that is never asked for more than it has: memory is reserved for what is asked."""

    def __init__(self, file: BinaryIO, file_size: int) -> None:
        self.tell, self.readline = file.tell, file.readline
        self.file, self.file_size = file, file_size

    def read(self, size: int) -> bytes:
        return self.file.read(min(size, self.file_size - self.file.tell()))


def _fill_later(_: str, __: Tensor) -> None:
    """The storages' bytes come after the object."""
