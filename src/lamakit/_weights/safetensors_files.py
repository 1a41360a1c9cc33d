"""Safetensors files, read and written by the library of that name."""

from __future__ import annotations

import os
from collections.abc import Mapping

from torch import Tensor

from lamakit._imports import import_extra
from lamakit._weights.stored_tensors import StoredTensor


def read_safetensors(path: str) -> tuple[dict[str, StoredTensor], dict[str, str]]:
    """Return the tensors in the file by name, and the text that its header has beside them."""
    library = import_extra("safetensors", extra="hub", user="a safetensors file")
    with library.safe_open(path, framework="pt", device="cpu") as file:
        # The library's tensors are parts of the file, mapped into memory; what leaves is a copy,
        # because the file may change or be deleted.
        mapped = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        tensors = {k: StoredTensor(v.shape, v.dtype, v.clone) for k, v in mapped.items()}
        return tensors, file.metadata() or {}


def write_safetensors(
    tensors: Mapping[str, Tensor], path: str | os.PathLike[str], metadata: dict[str, str]
) -> None:
    """Write the tensors, and text beside them, to the file."""
    library = import_extra("safetensors.torch", extra="hub", user="a safetensors file")
    library.save_file(
        {k: v.detach().cpu().contiguous() for k, v in tensors.items()}, path, metadata
    )
