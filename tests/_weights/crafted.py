"""Pickles and files made by hand, and how to read them."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import torch

from lamakit._weights.pickles import interpret
from lamakit._weights.stored_tensors import StoredTensor
from lamakit._weights.weight_files import open_file

STORAGE = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x08tQ"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
MAGIC, SYSTEM = 0x1950A86A20F9469CFC6C, {"little_endian": True}
EIGHT = (8).to_bytes(8, "little")


def read_program(program: bytes) -> Any:
    return interpret(io.BytesIO(program))


def contents(path: Path) -> Any:
    """Return the object in the file, its tensors read."""
    with open_file(path) as (content, *_):
        return with_tensors_read(content)


def with_tensors_read(content: Any) -> Any:
    if isinstance(content, StoredTensor):
        tensor = content.read()
        assert (tensor.shape, tensor.dtype) == (content.shape, content.dtype)
        return tensor
    if isinstance(content, dict):
        return {name: with_tensors_read(value) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return type(content)(map(with_tensors_read, content))
    return content


def content_of(value: object, path: Path, protocol: int, *, zipped: bool) -> Any:
    torch.save(value, path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    return contents(path)


def archive(program: bytes, path: Path, **members: bytes) -> Path:
    """A zip archive as torch.save writes it, with one storage of eight floats."""
    members = {"data.pkl": program, "data/0": struct.pack("8f", *range(8)), **members}
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(f"archive/{name}", content)
    return path


def tensor_program(start: bytes, size: bytes, stride: bytes, storage: bytes = STORAGE) -> bytes:
    return b"\x80\x02" + REBUILD + b"(" + storage + start + size + stride + b"\x89}tR."


def legacy(*parts: object) -> bytes:
    return b"".join(p if isinstance(p, bytes) else pickle.dumps(p, 2) for p in parts)


def script(attributes: bytes) -> bytes:
    return b"\x80\x02c__torch__\nM\n)\x81}(" + attributes + b"ub."
