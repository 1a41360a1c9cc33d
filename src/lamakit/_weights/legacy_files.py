"""The format of ``torch.save`` before torch 1.6.

Five pickles follow one another (a magic number, the format's version, the writing machine, the
object, the storages' keys), then each storage's number of elements and its bytes.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from lamakit._weights.pickled_tensors import PickledTensors
from lamakit._weights.pickles import interpret
from lamakit._weights.stored_tensors import Fill, Storages, check_byte_order, fill_from_file

_MAGIC = 0x1950A86A20F9469CFC6C


def read_legacy(file: BinaryIO, name: str, file_size: int) -> object:
    """Return the object in the file; its tensors are read later, so the file must stay open."""
    program = _BoundedFile(file, file_size)
    if interpret(program) != _MAGIC:
        raise ValueError("it is a pickle that torch.save did not write")
    if interpret(program) != 1001:
        raise ValueError("it is of an unknown version of the format before zip")
    machine = interpret(program)
    little = machine.get("little_endian", True) if isinstance(machine, dict) else True
    check_byte_order("little" if little is True else "big")
    storages, offsets = Storages(name, file_size), dict[str, int]()

    def locate(key: str, _: int) -> Fill:
        return lambda buffer: fill_from_file(file, offsets[key], buffer)

    tensors = PickledTensors(storages, locate)
    content = interpret(program, persistent=tensors.load, rebuild=tensors.rebuild())
    keys = interpret(program)
    if not isinstance(keys, list) or len(keys) != len(storages.found):
        raise ValueError("its list of storages does not fit its object")
    for key in keys:
        if not isinstance(key, str) or key not in storages.found or key in offsets:
            raise ValueError("its list of storages does not fit its object")
        storage = storages.found[key]
        if int.from_bytes(file.read(8), "little") != storage.length:
            raise ValueError("the length of a storage is not what its object says")
        offsets[key] = file.tell()
        if file.seek(storage.length * storage.dtype.itemsize, os.SEEK_CUR) > file_size:
            raise ValueError("it ends within a storage, so it is cut off")
    return content


class _BoundedFile:
    """A file that is never asked for more than it has: memory is reserved for what is asked."""

    def __init__(self, file: BinaryIO, file_size: int) -> None:
        self.tell, self.readline = file.tell, file.readline
        self.file, self.file_size = file, file_size

    def read(self, size: int) -> bytes:
        return self.file.read(min(size, self.file_size - self.file.tell()))
