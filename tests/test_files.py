"""Files are written whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import BinaryIO

import pytest
import torch

from lamakit._files import replace_file


def test_a_file_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"the one before")
    replace_file(path, lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


class FullAfter:
    """A file on a disk that becomes full after some bytes."""

    def __init__(self, file: BinaryIO, space: int) -> None:
        self.file, self.space = file, space

    def write(self, data: bytes) -> int:
        self.space -= len(data)
        if self.space < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


@pytest.mark.parametrize("space", [0, 1_000, 50_000])
def test_a_write_that_fails_midway_is_told_as_what_it_is(tmp_path: Path, space: int) -> None:
    path = tmp_path / "a.pt"
    path.write_text("the one before")
    content = {"weights": torch.zeros(20_000)}
    with pytest.raises(OSError, match="No space left") as caught:
        replace_file(path, lambda file: torch.save(content, FullAfter(file, space)))  # type: ignore[arg-type]
    assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [path]


def test_other_errors_of_the_writer_pass_through(tmp_path: Path) -> None:
    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        replace_file(tmp_path / "a.pt", fail)
    assert list(tmp_path.iterdir()) == []
