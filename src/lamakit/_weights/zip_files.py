"""Zip archives: what ``torch.save`` writes since torch 1.6, and TorchScript.

Only members that are stored without compression count, so nothing grows while it is read.
"""

from __future__ import annotations

import io
import zipfile
from functools import partial
from typing import BinaryIO

from lamakit._weights.machine import Opaque
from lamakit._weights.pickled_tensors import PickledTensors
from lamakit._weights.pickles import interpret
from lamakit._weights.stored_tensors import Fill, Storages, StoredTensor, check_byte_order

_LONGEST_NAME = 200
_CHUNK = 1 << 16  # bytes


def read_zip(file: BinaryIO, name: str, file_size: int) -> tuple[object, bool]:
    """Return the object in the archive, and whether it is a TorchScript module.

    Its tensors are read later, so the file must stay open.
    """
    members = _Members(zipfile.ZipFile(file), file_size)
    names = members.archive.namelist()
    roots = [n.removesuffix("data.pkl") for n in names if n.count("/") == 1 and _is_main(n)]
    if len(roots) != 1:
        raise ValueError(_without_weights(names))
    (root,) = roots
    if f"{root}byteorder" in names:
        check_byte_order(members.read(f"{root}byteorder").decode())

    def locate(key: str, size: int) -> Fill:
        member = members.check(f"{root}data/{key}")
        if member.file_size != size:
            raise ValueError(f"storage {key[:50]!a} has {member.file_size} bytes, not {size}")
        return partial(_fill, members.archive, member)

    tensors = PickledTensors(Storages(name, file_size), locate)
    program = io.BytesIO(members.read(f"{root}data.pkl"))
    content = interpret(program, persistent=tensors.load, rebuild=tensors.rebuild())
    is_script = f"{root}constants.pkl" in names
    return _named_tensors(content) if is_script else content, is_script


class _Members:
    """The members of an archive, which together are no larger than the file."""

    def __init__(self, archive: zipfile.ZipFile, file_size: int) -> None:
        self.archive, self.left = archive, file_size

    def check(self, name: str) -> zipfile.ZipInfo:
        """Return the member of that name if it may be read."""
        try:
            member = self.archive.getinfo(name)
        except KeyError:
            raise ValueError(f"its member {name[:100]!a} is missing") from None
        self.left -= member.file_size
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise ValueError(f"its member {name[:100]!a} is compressed or encrypted")
        if self.left < 0 or member.file_size != member.compress_size:
            raise ValueError("its members are larger than the file, so it is cut off or damaged")
        return member

    def read(self, name: str) -> bytes:
        return self.archive.read(self.check(name))


def _fill(archive: zipfile.ZipFile, member: zipfile.ZipInfo, buffer: memoryview) -> None:
    """Read the member into the buffer, in small pieces; the last one checks the member's CRC."""
    with archive.open(member) as stream:
        for start in range(0, len(buffer), _CHUNK):
            buffer[start : start + _CHUNK] = stream.read(_CHUNK)


def _is_main(name: str) -> bool:
    return name.endswith("/data.pkl")


def _without_weights(names: list[str]) -> str:
    if sum(map(_is_main, names)) > 1:
        return "it is a zip archive with several data.pkl"
    inside = ", ".join(ascii(name[:100]) for name in names[:3])
    return f"it is a zip archive without a data.pkl; it holds {inside or 'nothing'}"


def _named_tensors(module: object) -> dict[str, StoredTensor]:
    """Return the tensors of a pickled module by dotted name; a shared part has its first name."""
    tensors: dict[str, StoredTensor] = {}
    parts: list[tuple[str, object]] = [("", module)]
    seen: set[int] = set()
    while parts:
        prefix, part = parts.pop()
        attributes = part.state if isinstance(part, Opaque) else None
        if not isinstance(attributes, dict) or id(attributes) in seen:
            continue
        seen.add(id(attributes))  # not the part's id: many parts may share one dictionary
        for key, value in attributes.items():
            if not _is_name(key) or len(prefix) + len(key) > _LONGEST_NAME:
                raise ValueError(
                    f"a part of its module has no name of up to {_LONGEST_NAME} ASCII letters"
                )
            if isinstance(value, StoredTensor):
                tensors[prefix + key] = value
            elif isinstance(value, Opaque):
                parts.append((f"{prefix}{key}.", value))
    return tensors


def _is_name(key: object) -> bool:
    return isinstance(key, str) and key.isascii()
