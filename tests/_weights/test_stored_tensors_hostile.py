"""Numbers of tensors that a hostile file changes after their check."""

from __future__ import annotations

from pathlib import Path

from tests._weights.crafted import REBUILD, STORAGE, archive, contents


def test_lists_are_not_looked_at_again(tmp_path: Path) -> None:
    tensor = REBUILD + b"(" + STORAGE + b"K\0](K\1eq\1](K\1eq\2\x89}tR"
    longer = b"h\1\x8a\x05\0\0\0\0\1ah\2K\0a"  # another side of 2**32, another stride of 0
    path = archive(b"\x80\x02(" + tensor + longer + b"l.", tmp_path / "file")
    found, *lists = contents(path)
    assert lists == [[1, 2**32], [1, 0]]
    assert found.tolist() == [0]
