"""Storages and tensors from what a pickle says of them, every number checked before it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch
from torch import Tensor

from lamakit._weights.machine import Opaque, Rebuild

__all__ = ["Storage", "Storages"]

_ELEMENTS = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
}
_MOST_DIMENSIONS = 64  # torch's own limit
_MOST_VIEWS = 8  # how many times over the tensors may use the file's bytes


@dataclass(frozen=True)
class Storage:
    """A run of elements in memory, of which tensors are views."""

    elements: Tensor


@dataclass
class Storages:
    """The storages of one file, and the tensors in them.

    Args:
        file_size: the file's length in bytes: all storages together hold no more.
        fill: reads the bytes of the storage of that key into a uint8 tensor.
    """

    file_size: int
    fill: Callable[[str, Tensor], None]
    found: dict[str, Storage] = field(default_factory=dict)
    _stored: int = 0
    _viewed: int = 0

    def load(self, identifier: object) -> object:
        """What a persistent id stands for: a storage, or a class with its source, which is inert.

        It is ("storage", type, key, device, number of elements), and in old files the key, start
        and length of a part of it, or None.
        """
        if not isinstance(identifier, tuple) or not 5 <= len(identifier) <= 6:
            if isinstance(identifier, tuple) and identifier[:1] == ("module",):
                return identifier[1]
            raise ValueError("its pickle has a persistent id that is not a storage's")
        _, kind, key, _, count, *part = identifier
        dtype = _ELEMENTS.get(kind.name) if isinstance(kind, Opaque) else None
        if dtype is None or not isinstance(key, str):
            raise ValueError("its pickle has a storage of unknown type")
        _check_count(count)
        if key not in self.found:
            self.found[key] = self._read(key, dtype, count)
        storage = self.found[key]
        if storage.elements.dtype != dtype or len(storage.elements) != count:
            raise ValueError(f"its pickle describes storage {key[:50]!a} in two ways")
        if part and isinstance(part[0], tuple):
            _, start, length = part[0]
            _check_count(start)
            _check_count(length)
            if start + length > count:
                raise ValueError(f"a part of storage {key[:50]!a} is not within it")
            storage = Storage(storage.elements[start : start + length])
        return storage

    def rebuild(self) -> Mapping[str, Rebuild]:
        """By name, the functions that torch pickles tensors with."""
        known: dict[str, Rebuild] = {
            "torch._utils._rebuild_tensor": self._tensor,
            "torch._utils._rebuild_tensor_v2": self._tensor,
            "torch._utils._rebuild_parameter": _first,
            "torch._utils._rebuild_parameter_with_state": _first,
        }

        def subclass(arguments: tuple[Any, ...]) -> object:
            function, _, inner, _ = arguments
            return known[function.dotted](inner)

        return {**known, "torch._tensor._rebuild_from_type_v2": subclass}

    def _read(self, key: str, dtype: torch.dtype, count: int) -> Storage:
        size = count * dtype.itemsize
        self._stored += size
        if self._stored > self.file_size:
            raise ValueError("its storages are larger than the file, so it is cut off or damaged")
        buffer = torch.empty(size, dtype=torch.uint8, device="cpu")
        self.fill(key, buffer)
        return Storage(buffer.view(dtype))

    def _tensor(self, arguments: tuple[Any, ...]) -> Tensor:
        """A view of a storage, from (storage, start, size, stride, and what is not needed)."""
        storage, start, size, stride = arguments[:4]  # no copy of the rest, which may be long
        if not isinstance(storage, Storage):
            raise ValueError("its pickle has a tensor without a storage")
        if not isinstance(size, (tuple, list)) or not isinstance(stride, (tuple, list)):
            raise ValueError("its pickle has a tensor without a shape")
        if len(size) != len(stride) or len(size) > _MOST_DIMENSIONS:
            raise ValueError(f"a tensor of {len(size)} dimensions has {len(stride)} strides")
        for number in (start, *size, *stride):
            _check_count(number)
        count, elements = prod(size), storage.elements
        last = start + sum((side - 1) * step for side, step in zip(size, stride, strict=True))
        if count > len(elements) or (count and last >= len(elements)):
            raise ValueError("a tensor reaches beyond its storage")
        self._viewed += count * elements.element_size()
        if self._viewed > _MOST_VIEWS * self.file_size:
            raise ValueError(f"its tensors are more than {_MOST_VIEWS} times as large as the file")
        return elements.as_strided(size, stride, elements.storage_offset() + start)


def _first(arguments: tuple[Any, ...]) -> object:
    return arguments[0]


def _check_count(value: object) -> None:
    if type(value) is not int or not 0 <= value < 2**62:
        raise ValueError("its pickle has a number out of range in a tensor or a storage")
