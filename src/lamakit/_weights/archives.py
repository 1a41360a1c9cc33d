"""Zip archives: what ``torch.save`` writes since torch 1.6, and TorchScript.

Only members that are stored as they are count, so nothing grows while it is read.
"""

from __future__ import annotations

import io
import sys
import zipfile
from typing import BinaryIO

from torch import Tensor

from lamakit._weights.machine import Opaque
from lamakit._weights.pickles import interpret
from lamakit._weights.tensors import Storages

__all__ = ["read_archive"]

_LONGEST_NAME = 200


def read_archive(file: BinaryIO, file_size: int) -> tuple[object, bool]:
    """The object in the archive, and whether that was a TorchScript module."""
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        roots = [n.removesuffix("data.pkl") for n in names if n.count("/") == 1 and _is_main(n)]
        if len(roots) != 1:
            raise ValueError(_without_weights(names))
        (root,) = roots
        members = _Members(archive, file_size)
        order = members.read(f"{root}byteorder").decode() if f"{root}byteorder" in names else ""
        if order not in ("", sys.byteorder):
            raise ValueError("it was written on a machine with another order of bytes")

        def fill(key: str, buffer: Tensor) -> None:
            content = members.read(f"{root}data/{key}")
            if len(content) != len(buffer):
                raise ValueError(
                    f"storage {key[:50]!a} has {len(content)} bytes, not {len(buffer)}"
                )
            buffer.numpy()[:] = memoryview(content)

        storages = Storages(file_size, fill)
        program = io.BytesIO(members.read(f"{root}data.pkl"))
        content = interpret(program, persistent=storages.load, rebuild=storages.rebuild())
        is_script = f"{root}constants.pkl" in names
        return _named_tensors(content) if is_script else content, is_script


class _Members:
    """The members of an archive, which together are no larger than the file."""

    def __init__(self, archive: zipfile.ZipFile, file_size: int) -> None:
        self.archive, self.left = archive, file_size

    def read(self, name: str) -> bytes:
        try:
            member = self.archive.getinfo(name)
        except KeyError:
            raise ValueError(f"its member {name[:100]!a} is missing") from None
        self.left -= member.file_size
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise ValueError(f"its member {name[:100]!a} is compressed or encrypted")
        if self.left < 0 or member.file_size != member.compress_size:
            raise ValueError("its members are larger than the file, so it is cut off or damaged")
        return self.archive.read(member)


def _is_main(name: str) -> bool:
    return name.endswith("/data.pkl")


def _without_weights(names: list[str]) -> str:
    if sum(map(_is_main, names)) > 1:
        return "it is a zip archive with several data.pkl"
    inside = ", ".join(ascii(name[:100]) for name in names[:3])
    return f"it is a zip archive without a data.pkl; it holds {inside or 'nothing'}"


def _named_tensors(module: object) -> dict[str, Tensor]:
    """The tensors of a pickled module by dotted name; a shared part has its first name."""
    tensors: dict[str, Tensor] = {}
    parts: list[tuple[str, object]] = [("", module)]
    seen: set[int] = set()
    while parts:
        prefix, part = parts.pop()
        attributes = part.state if isinstance(part, Opaque) else None
        if not isinstance(attributes, dict) or id(attributes) in seen:
            continue
        seen.add(id(attributes))  # not the part's: many may share one dictionary
        for key, value in attributes.items():
            if not _is_name(key) or len(prefix) + len(key) > _LONGEST_NAME:
                raise ValueError(
                    f"a part of its module has no name of up to {_LONGEST_NAME} ASCII letters"
                )
            if isinstance(value, Tensor):
                tensors[prefix + key] = value
            elif isinstance(value, Opaque):
                parts.append((f"{prefix}{key}.", value))
    return tensors


def _is_name(key: object) -> bool:
    return isinstance(key, str) and key.isascii()
