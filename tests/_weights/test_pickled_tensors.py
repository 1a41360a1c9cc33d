"""Tensors and storages: their element types, and every number that describes them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from torch import nn

from tests._weights.crafted import (
    REBUILD,
    STORAGE,
    archive,
    content_of,
    contents,
    tensor_program,
)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "dtype",
    [
        *(torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64),
        *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
    ],
    ids=str,
)
def test_element_types(tmp_path: Path, dtype: torch.dtype, *, zipped: bool) -> None:
    value = torch.tensor([0, 1, 1, 0, 1]).to(dtype)
    found = content_of([value, value[1:]], tmp_path / "file", 2, zipped=zipped)
    assert all(a.dtype == dtype for a in found)
    assert torch.equal(found[0], value)
    assert found[0].data_ptr() + value.itemsize == found[1].data_ptr()  # one storage, as before


def test_tensors_with_attributes(tmp_path: Path) -> None:
    tensor, parameter = torch.ones(2), nn.Parameter(torch.zeros(2))
    tensor.note = parameter.note = "x"  # type: ignore[attr-defined]
    found = content_of([tensor, parameter], tmp_path / "file", 2, zipped=True)
    assert [value.tolist() for value in found] == [[1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (tensor_program(b"K\0", b"K\x08\x85", b"K\1\x85"), ""),
        (tensor_program(b"K\1", b"K\x08\x85", b"K\1\x85"), "reaches beyond its storage"),
        (tensor_program(b"K\0", b"K\x04\x85", b"K\3\x85"), "reaches beyond its storage"),
        (tensor_program(b"K\0", b"K\x09\x85", b"K\0\x85"), "repeats the elements of a smaller one"),
        (tensor_program(b"K\0", b"J\xff\xff\xff\xff\x85", b"K\1\x85"), "number out of range"),
        (tensor_program(b"\x88", b"K\1\x85", b"K\1\x85"), "number out of range"),
        (tensor_program(b"K\0", b"K\1\x85", b"K\1K\1\x86"), "of 1 dimensions has 2 strides"),
        (tensor_program(b"K\0", b"(" + b"K\1" * 65 + b"t", b"(" + b"K\1" * 65 + b"t"), "65 dim"),
        (tensor_program(b"K\0", b"K\1", b"K\1\x85"), "tensor without a shape"),
        (tensor_program(b"K\0", b"K\1\x85", b"K\1\x85", b"N"), "tensor without a storage"),
        (b"\x80\x02NQ.", "persistent id that is not a storage's"),
        (b"\x80\x02" + STORAGE.replace(b"Float", b"Q") + b".", "storage of unknown type"),
        (b"\x80\x02" + STORAGE.replace(b"K\x08", b"M\xff\xff") + b".", "has 32 bytes, not 262140"),
        (b"\x80\x02" + STORAGE.replace(b"K\x08", b"K\x07") + b".", "has 32 bytes, not 28"),
        (b"\x80\x02" + STORAGE.replace(b"U\x010", b"U\x019") + b".", "archive/data/9' is missing"),
        (
            b"\x80\x02" + STORAGE + b"0" + STORAGE.replace(b"Float", b"Int") + b".",
            "describes storage '0' in two ways",
        ),
        (b"\x80\x02N0.", "it is damaged"),
        (b"\x80\x02N", "pickle exhausted"),
    ],
)
def test_numbers_of_tensors(tmp_path: Path, program: bytes, message: str) -> None:
    path = archive(program, tmp_path / "weights.pt")
    if not message:
        assert contents(path).tolist() == list(range(8))
        return
    with pytest.raises(ValueError, match=rf"weights\.pt cannot be read as weights: .*{message}"):
        contents(path)


def test_views_are_counted(tmp_path: Path) -> None:
    view = tensor_program(b"K\0", b"K\x08\x85", b"K\1\x85")[2:-1]
    path = archive(b"\x80\x02(" + view * 4000 + b"l.", tmp_path / "file")
    assert len(contents(path)) == 4000
    storage = STORAGE.replace(b"K\x08", b"K\xfa")
    again = b"h\1(h\0K\0K\xfa\x85K\1\x85\x89}tR"
    program = b"\x80\x02" + storage + b"q\0" + REBUILD + b"q\1(" + again * 1000 + b"l."
    with pytest.raises(ValueError, match="more than 8 times as large as the file"):
        contents(archive(program, tmp_path / "file", **{"data/0": b"\0" * 1000}))


def test_tensors_with_one_long_tuple_of_arguments(tmp_path: Path) -> None:
    start = time.perf_counter()
    arguments = b"(" + STORAGE + b"K\0K\1\x85K\1\x85" + b"N" * 100_000 + b"tq\0"
    program = b"\x80\x02" + arguments + b"(" + (REBUILD + b"h\0R") * 9_999 + b"l."
    assert len(contents(archive(program, tmp_path / "file"))) == 9_999
    assert time.perf_counter() - start < 10
