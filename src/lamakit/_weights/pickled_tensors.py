"""Tensors as pickles of torch describe them, every number checked before it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from lamakit._weights.machine import Opaque, Rebuild
from lamakit._weights.stored_tensors import Fill, StoragePart, Storages, StoredTensor, check_count

_DTYPES = {
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


class PickledTensors:
    """The tensors that a pickle describes.

    Args:
        storages: where the file's storages are kept.
        locate: returns, for a storage's key and size in bytes, the function that reads it.
    """

    def __init__(self, storages: Storages, locate: Callable[[str, int], Fill]) -> None:
        self.storages, self.locate = storages, locate

    def load(self, identifier: object) -> object:
        """Return what a persistent id stands for: a storage, or a class with its source code.

        A storage's is ("storage", type, key, device, number of elements), and in old files also
        (key, start, length) of a part of it, or None.
        """
        if not isinstance(identifier, tuple) or not 5 <= len(identifier) <= 6:
            if isinstance(identifier, tuple) and identifier[:1] == ("module",):
                return identifier[1]
            raise ValueError("its pickle has a persistent id that is not a storage's")
        _, kind, key, _, count, *part = identifier
        dtype = _DTYPES.get(kind.name) if isinstance(kind, Opaque) else None
        if dtype is None or not isinstance(key, str):
            raise ValueError("its pickle has a storage of unknown type")
        check_count(count)
        storage = self.storages.found.get(key)
        if storage is None:
            fill = self.locate(key, count * dtype.itemsize)
            storage = self.storages.add(key, dtype, count, fill)
        if storage.dtype != dtype or storage.length != count:
            raise ValueError(f"its pickle describes storage {key[:50]!a} in two ways")
        if not part or not isinstance(part[0], tuple):
            return StoragePart(storage, 0, count)
        _, start, length = part[0]
        check_count(start)
        check_count(length)
        if start + length > count:
            raise ValueError(f"a part of storage {key[:50]!a} is not within it")
        return StoragePart(storage, start, length)

    def rebuild(self) -> Mapping[str, Rebuild]:
        """Return, by name, the functions that torch pickles tensors with."""
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

    def _tensor(self, arguments: tuple[Any, ...]) -> StoredTensor:
        """Return the tensor of (storage, start, shape, stride, and what is not needed)."""
        part, start, shape, stride = arguments[:4]  # the rest may be long: it is not copied
        if not isinstance(part, StoragePart):
            raise ValueError("its pickle has a tensor without a storage")
        if not isinstance(shape, (tuple, list)) or not isinstance(stride, (tuple, list)):
            raise ValueError("its pickle has a tensor without a shape")
        return self.storages.view(part, start, shape, stride)


def _first(arguments: tuple[Any, ...]) -> object:
    return arguments[0]
