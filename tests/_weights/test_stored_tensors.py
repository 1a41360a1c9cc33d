"""Tensors in a file are read when they are asked for, and no more than once if they share."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
import torch

from lamakit._weights import StoredTensor, open_weights
from lamakit._weights.stored_tensors import (
    Fill,
    Storage,
    StoragePart,
    Storages,
    check_byte_order,
)


def whole(storage: Storage) -> StoragePart:
    return StoragePart(storage, 0, storage.length)


def filler(log: list[str]) -> Fill:
    def fill(buffer: memoryview) -> None:
        log.append("filled")
        buffer[:] = struct.pack("4f", 1, 2, 3, 4)

    return fill


def test_nothing_is_read_before_it_is_asked_for() -> None:
    log: list[str] = []
    storages = Storages("file", 1000)
    storage = storages.add("a", torch.float32, 4, filler(log))
    tensor = storages.view(whole(storage), 1, (2,), (2,))
    assert (tensor.shape, tensor.dtype, log) == ((2,), torch.float32, [])
    assert tensor.read().tolist() == [2, 4]
    tensor.read().fill_(9)
    assert tensor.read().tolist() == [2, 4]  # each reading has memory of its own
    assert len(log) == 3


def test_a_shared_storage_is_read_once() -> None:
    log: list[str] = []
    storages = Storages("file", 1000)
    storage = storages.add("a", torch.float32, 4, filler(log))
    tensors = [storages.view(whole(storage), i, (1,), (1,)) for i in range(4)]
    assert [float(tensor.read()) for tensor in tensors * 2] == [1, 2, 3, 4] * 2
    assert len(log) == 1


def test_errors_of_reading_name_the_file() -> None:
    storages = Storages("mine.pth", 1000)
    storage = storages.add("a", torch.float32, 5, filler([]))
    with pytest.raises(ValueError, match=r"mine\.pth cannot be read as weights: "):
        storages.view(whole(storage), 0, (5,), (1,)).read()


def test_a_tensor_in_memory_is_itself() -> None:
    tensor = torch.ones(2, 3, dtype=torch.int16)
    stored = StoredTensor.in_memory(tensor)
    assert (stored.shape, stored.dtype) == (tensor.shape, tensor.dtype)
    assert stored.read() is tensor


def test_the_order_of_bytes() -> None:
    check_byte_order("little")
    with pytest.raises(ValueError, match="another order of bytes"):
        check_byte_order("big")


@pytest.mark.parametrize("kind", ["zip", "legacy"])
@pytest.mark.parametrize("size", [10, 100_000])
def test_a_file_that_is_cut_off_meanwhile(tmp_path: Path, kind: str, size: int) -> None:
    path, state_dict = tmp_path / "file", {"a": torch.ones(50_000), "b": torch.ones(50_000)}
    torch.save(state_dict, path, _use_new_zipfile_serialization=kind == "zip")
    with open_weights(path) as weights:
        with path.open("r+b") as file:
            file.truncate(size)
        with pytest.raises(ValueError, match="file cannot be read as weights"):
            _ = [tensor.read() for tensor in weights.state_dict.values()]


@pytest.mark.parametrize("zipped", [True, False])
def test_the_file_is_closed_afterwards(tmp_path: Path, *, zipped: bool) -> None:
    path = tmp_path / "file"
    torch.save({"a": torch.ones(2)}, path, _use_new_zipfile_serialization=zipped)
    with open_weights(path) as weights:
        stored = weights.state_dict["a"]
    with pytest.raises(ValueError, match=r"file cannot be read as weights: .*closed"):
        stored.read()
