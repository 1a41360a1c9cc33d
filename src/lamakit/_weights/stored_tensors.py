"""Tensors in a file: shapes and dtypes are known at once, values are read when asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import BinaryIO, NamedTuple, TypeAlias

import torch
from torch import Tensor

from lamakit._weights.file_errors import file_errors

Fill: TypeAlias = Callable[[memoryview], object]
"""Reads bytes of a file straight into a buffer: intermediate copies would cost memory."""

_MOST_DIMENSIONS = 64  # torch's own limit
_MOST_VIEWS = 8  # how many times over the tensors may use the file's bytes


@dataclass(frozen=True, eq=False)
class StoredTensor:
    """A tensor whose values stay in the file until they are asked for.

    Args:
        shape: its shape.
        dtype: the type of its elements.
        read: returns the tensor, on the CPU. The file must still be open.
    """

    shape: torch.Size
    dtype: torch.dtype
    read: Callable[[], Tensor]

    @classmethod
    def in_memory(cls, tensor: Tensor) -> StoredTensor:
        """Return a tensor that has been read already in this form."""
        return cls(tensor.shape, tensor.dtype, lambda: tensor)


@dataclass(eq=False)
class Storage:
    """Elements of one type in a file, of which tensors are views.

    A storage that several tensors share is read once and kept until the file is closed: otherwise
    a file of many small views of one large storage would be read over and over. A storage that one
    tensor uses is released together with that tensor.

    Args:
        dtype: the type of the elements.
        length: their number.
        fill: reads their bytes.
        views: the number of tensors in the storage.
    """

    dtype: torch.dtype
    length: int
    fill: Fill
    views: int = 0
    _kept: Tensor | None = None

    def read(self) -> Tensor:
        """Return all elements."""
        if self._kept is not None:
            return self._kept
        elements = torch.empty(self.length, dtype=self.dtype, device="cpu")
        self.fill(memoryview(elements.view(torch.uint8).numpy()))  # type: ignore[arg-type]
        self._kept = elements if self.views > 1 else None
        return elements


class StoragePart(NamedTuple):
    """A storage, or in old files a part of one."""

    storage: Storage
    start: int
    length: int


@dataclass
class Storages:
    """The storages of one file, and the tensors in them; their sizes are bounded by the file's.

    Args:
        name: the file's name, for messages.
        file_size: the file's length in bytes: all storages together hold no more.
    """

    name: str
    file_size: int
    found: dict[str, Storage] = field(default_factory=dict)
    _stored: int = 0
    _viewed: int = 0

    def add(self, key: str, dtype: torch.dtype, length: int, fill: Fill) -> Storage:
        """Return a new storage of that many elements."""
        storage = self.found[key] = Storage(dtype, length, fill)
        self._stored += length * dtype.itemsize
        if self._stored > self.file_size:
            raise ValueError("its storages are larger than the file, so it is cut off or damaged")
        return storage

    def view(
        self, part: StoragePart, start: int, shape: Sequence[int], stride: Sequence[int]
    ) -> StoredTensor:
        """Return the tensor whose first element is number ``start`` of the part."""
        storage, first, length = part
        if len(shape) != len(stride) or len(shape) > _MOST_DIMENSIONS:
            raise ValueError(f"a tensor of {len(shape)} dimensions has {len(stride)} strides")
        shape, stride = tuple(shape), tuple(stride)  # a pickle may change its lists afterwards
        for number in (start, *shape, *stride):
            check_count(number)
        count = prod(shape)
        last = start + sum((side - 1) * step for side, step in zip(shape, stride, strict=True))
        if count and last >= length:
            raise ValueError("a tensor reaches beyond its storage")
        self._viewed += count * storage.dtype.itemsize
        if self._viewed > _MOST_VIEWS * self.file_size:
            raise ValueError(f"its tensors are more than {_MOST_VIEWS} times as large as the file")
        storage.views += 1

        def read() -> Tensor:
            with file_errors(self.name):
                if count > length:
                    raise ValueError(
                        f"a tensor of shape {shape} repeats the elements of a smaller one: give "
                        "the state dict from torch.load(path, weights_only=True) instead"
                    )
                return storage.read().as_strided(shape, stride, first + start)

        return StoredTensor(torch.Size(shape), storage.dtype, read)


def fill_from_file(file: BinaryIO, offset: int, buffer: memoryview) -> None:
    """Read the file's bytes from that offset on into the buffer."""
    file.seek(offset)
    if file.readinto(buffer) != len(buffer):  # type: ignore[attr-defined]
        raise ValueError("it ends within a storage, so it is cut off")


def check_count(value: object) -> None:
    """Raise unless ``value`` is an integer that an offset or a length may be."""
    if type(value) is not int or not 0 <= value < 2**62:
        raise ValueError("its pickle has a number out of range in a tensor or a storage")


def check_byte_order(order: str) -> None:
    """Raise unless numbers in that order of bytes ("little" or "big") need no conversion here."""
    if order != sys.byteorder:
        raise ValueError("it was written on a machine with another order of bytes")
