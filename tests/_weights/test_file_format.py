"""The format of a file, told by its first bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from lamakit._weights.file_format import file_format
from tests._weights.crafted import contents


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:", "a Git LFS pointer"),
        (b"\n<!DOCTYPE html><html>", "an HTML page, as a failed download leaves"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\x89HDF\r\n", "an HDF5 file"),
        (b"0" * 257 + b"ustar", "a tar archive"),
        (b"\0\1\2", r"it begins with b'\\x00\\x01\\x02', as no known format does"),
        (b"PK\x03\x04", "it is damaged .*not a zip file"),
        (b"\x02\0\0\0\0\0\0\0{}", "holds a dict"),
    ],
)
def test_other_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    if message == "holds a dict":  # an empty safetensors file
        assert contents(path) == {}
        return
    with pytest.raises(
        ValueError, match=rf"weights\.pth cannot be read as weights: .*{message}.*; exp"
    ):
        contents(path)


@pytest.mark.parametrize("first", [0x80, 0x50, 0x1F, 0x7B])
def test_safetensors_of_any_length(first: int, tmp_path: Path) -> None:
    header = b"{}".ljust(256 + first)
    path = tmp_path / "file"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert path.read_bytes()[0] == first
    assert file_format(path.read_bytes(), path.stat().st_size) == "safetensors"
