"""Files of torch.save before torch 1.6."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests._weights.crafted import (
    EIGHT,
    MAGIC,
    STORAGE,
    SYSTEM,
    archive,
    contents,
    legacy,
    tensor_program,
)

LARGE = b"\x80\x02" + STORAGE.replace(b"K\x08", b"M\xff\xff") + b"."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (legacy(7), "a pickle that torch.save did not write"),
        (legacy(MAGIC, 7), "an unknown version of the format before zip"),
        (legacy(MAGIC, 1001, {"little_endian": False}), "another order of bytes"),
        (legacy(MAGIC, 1001, SYSTEM, b"\x80\x02" + STORAGE + b".", []), "list of storages does"),
        (
            legacy(MAGIC, 1001, SYSTEM, LARGE, ["0"], b"\1" * 40),
            "its storages are larger than the file",
        ),
        (
            legacy(MAGIC, 1001, SYSTEM, b"\x80\x02" + STORAGE + b".", ["0"], b"\1" * 40),
            "length of a storage is not what its object says",
        ),
        (
            legacy(MAGIC, 1001, SYSTEM, b"\x80\x02" + STORAGE + b".", ["0"], EIGHT, b"\1" * 31),
            "it ends within a storage",
        ),
        (
            legacy(MAGIC, 1001, SYSTEM, b"\x80\x02" + STORAGE + b".", [["0"]], EIGHT, b"\1" * 32),
            "list of storages does not fit",
        ),
    ],
)
def test_the_format_before_zip(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        contents(path)


def test_parts_of_storages_in_old_files(tmp_path: Path) -> None:
    storage = STORAGE.replace(b"tQ", b"(U\x011K\2K\3ttQ")
    program = tensor_program(b"K\0", b"K\3\x85", b"K\1\x85", storage)
    content = legacy(MAGIC, 1001, SYSTEM, program, ["0"], EIGHT, struct.pack("8f", *range(8)))
    path = tmp_path / "file"
    path.write_bytes(content)
    assert contents(path).tolist() == [2, 3, 4]
    path.write_bytes(content.replace(b"K\2K\3t", b"K\7K\3t"))
    with pytest.raises(ValueError, match="a part of storage '0' is not within it"):
        contents(path)
    longer = tensor_program(b"K\0", b"K\4\x85", b"K\1\x85", storage)
    path.write_bytes(content.replace(program, longer))
    with pytest.raises(ValueError, match="a tensor reaches beyond its storage"):
        contents(path)


def test_classes_with_their_source_in_old_files(tmp_path: Path) -> None:
    program = b"\x80\x02(U\6modulecm\nC\nU\1fU\1stQ."
    with pytest.raises(ValueError, match=r"an object of class 'm\.C', which only its own code"):
        contents(archive(program, tmp_path / "file"))


def test_names_of_storages_are_not_compared_in_depth(tmp_path: Path) -> None:
    laughs = b")" + b"q\0h\0\x86" * 99  # two to the power of 99 steps to hash or compare
    path = tmp_path / "file"
    program = b"\x80\x02" + STORAGE + b"."
    path.write_bytes(
        legacy(MAGIC, 1001, SYSTEM, program, b"\x80\x02]" + laughs + b"a.", EIGHT, b"\0" * 32)
    )
    with pytest.raises(ValueError, match="list of storages does not fit"):
        contents(path)
