"""The reader of weights: every format whole, every trick refused, nothing imported or called."""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import time
import tracemalloc
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lamakit._weights.machine import Opaque
from lamakit._weights.pickles import interpret
from lamakit._weights.weight_files import File, read_file

PROTOCOLS = [2, 3, 4, 5]
STORAGE = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x08tQ"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def read_program(program: bytes) -> Any:
    return interpret(io.BytesIO(program))


def contents(path: Path) -> Any:
    return read_file(path).content


def archive(program: bytes, path: Path, **members: bytes) -> Path:
    """A zip archive as torch.save writes it, with one storage of eight floats."""
    members = {"data.pkl": program, "data/0": struct.pack("8f", *range(8)), **members}
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(f"archive/{name}", content)
    return path


def tensor_program(start: bytes, size: bytes, stride: bytes, storage: bytes = STORAGE) -> bytes:
    return b"\x80\x02" + REBUILD + b"(" + storage + start + size + stride + b"\x89}tR."


def content_of(value: object, path: Path, protocol: int, *, zipped: bool) -> Any:
    torch.save(value, path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    return contents(path)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_torch_saves_comes_back(tmp_path: Path, protocol: int, *, zipped: bool) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    base = torch.arange(24.0).reshape(2, 3, 4)
    value: dict[Any, Any] = {
        "model": model.state_dict(),
        "optimizer": torch.optim.Adam(model.parameters()).state_dict(),
        "views": [base[:, 1:, ::2], base.transpose(0, 2), base[1, 1, 1], base[:, :0]],
        "parameter": nn.Parameter(torch.ones(3)),
        "plain": [1, -(2**70), 0.5, "é", b"bytes", None, True, (1, 2), {"a": [3]}],
        5: OrderedDict(a=1),
        "device": torch.device("cpu"),
        "class": Path,
    }
    found = content_of(value, tmp_path / "file", protocol, zipped=zipped)
    assert found.keys() == value.keys()
    assert found["model"].keys() == model.state_dict().keys()
    assert all(torch.equal(found["model"][k], v) for k, v in model.state_dict().items())
    assert found["optimizer"]["param_groups"][0]["lr"] == 0.001
    for ours, theirs in zip(found["views"], value["views"], strict=True):
        assert torch.equal(ours, theirs)
        assert ours.stride() == theirs.stride()
    assert torch.equal(found["parameter"], torch.ones(3))
    if protocol > 2:  # before, bytes are a call
        assert found["plain"] == value["plain"]
    assert found[5] == {"a": 1}
    assert isinstance(found["device"], Opaque)
    assert found["class"].dotted.endswith(".Path")


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


def test_the_standard_library_agrees() -> None:
    shared = [1, 2]
    value = {"a": (shared, shared, frozenset({1}), {2}, bytearray(b"x")), 7: None, b"k": -1}
    for protocol in range(6):
        found = read_program(pickle.dumps(value, protocol))
        assert found["a"][0] is found["a"][1]
        assert found["a"][0] == shared
        assert found[7] is None


class Call:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def test_nothing_is_called_or_imported(tmp_path: Path) -> None:
    sentinel = tmp_path / "sentinel"
    before = set(sys.modules)
    program = b"(" + b"cantigravity\nfly\n" + b"cthis\ns\n" + b"l."
    assert [repr(type(each)) for each in read_program(program)] == [repr(Opaque)] * 2
    for function, argument in [(os.mkdir, str(sentinel)), (eval, f"open({str(sentinel)!r}, 'w')")]:
        for protocol in range(6):
            found = read_program(pickle.dumps([Call(function, argument)], protocol))
            assert isinstance(found[0], Opaque)
            assert found[0].dotted.split(".")[-1] == function.__name__
    for form in (b"(S'%s'\niposix\nmkdir\n.", b"(cposix\nmkdir\nS'%s'\no."):
        found = read_program(form.replace(b"%s", str(sentinel).encode()))
        assert found.dotted == "posix.mkdir"
    assert not sentinel.exists()
    assert not {"antigravity", "this"} & (set(sys.modules) - before)


def test_building_sets_no_attributes() -> None:
    found = read_program(b"}" + b"}S'__class__'\nNsb.")
    assert found == {}
    found = read_program(b"cbuiltins\nobject\n)\x81}S'module'\nS'os'\nsb.")
    assert (found.module, found.state) == ("builtins", {"module": "os"})
    assert repr(read_program(b"cos\nsystem\nNR.")) == "'os.system'"


def key(number: int) -> bytes:
    return b"\x8a\x0c" + number.to_bytes(12, "little")


BOMBS = {
    "a large memo index": b"Nr\xff\xff\xff\xffj\xff\xff\xff\xff.",
    "shared lists": b"]q\0" + b"](h\0h\0h\0h\0eq\0" * 500 + b".",
    "nested lists": b"]" * 100_000 + b"a" * 99_999 + b".",
    "nested tuples": b")" + b"\x85" * 100_000 + b".",
    "nested objects": b"cm\nC\n)\x81" * 20_000 + b"b" * 19_999 + b".",
    "long names": b"V" + b"x" * 1_000_000 + b"\nq\0" + b"h\0h\0\x93" * 100_000 + b".",
    "colliding memo": b"N"
    + b"".join(b"r" + (i << 16).to_bytes(4, "little") for i in range(1 << 16))
    + b".",
    "colliding keys": b"}(" + b"".join(key(i * (2**61 - 1)) + b"N" for i in range(50_000)) + b"u.",
    "keys that hash at length": b"}()" + b"\x85" * 1000 + b"q\0N" + b"h\0N" * 10_000 + b"u.",
    "copied items": b"ccollections\nOrderedDict\nq\0("
    + b"(K\1Nt" * 1000
    + b"l\x85q\1"
    + b"h\0h\1R" * 3000
    + b".",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_do_no_harm(name: str) -> None:
    start = time.perf_counter()
    tracemalloc.start()
    try:
        read_program(BOMBS[name])
    except ValueError as error:
        assert "again and again" in str(error)  # noqa: PT017 (most bombs fizzle out)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert time.perf_counter() - start < 20
    assert peak < 5_000_000 + 400 * len(BOMBS[name])


def laughs(levels: int) -> bytes:
    """A tuple that takes two to the power of ``levels`` steps to hash or compare."""
    return b")" + b"q\0h\0\x86" * levels


def test_shared_parts_are_not_walked_again(tmp_path: Path) -> None:
    start, path = time.perf_counter(), tmp_path / "file"
    program = b"\x80\x02" + STORAGE + b"."
    path.write_bytes(
        legacy(MAGIC, 1001, SYSTEM, program, b"\x80\x02]" + laughs(99) + b"a.", EIGHT, b"\0" * 32)
    )
    with pytest.raises(ValueError, match="list of storages does not fit"):
        read_file(path)
    # Many modules with one large dictionary of attributes
    entries = b"".join(b"X\4\0\0\0%04dN" % i for i in range(9999))
    modules = b"".join(b"X\4\0\0\0%04dc_\nM\n)\x81h\0b" % i for i in range(9999))
    program = b"\x80\x02}(" + entries + b"uq\0" + b"0" + script(modules)[2:]
    assert names(read_file(archive(program, path, **{"constants.pkl": b""}))) == []
    # Many tensors with one long tuple of arguments
    arguments = b"(" + STORAGE + b"K\0K\1\x85K\1\x85" + b"N" * 100_000 + b"tq\0"
    program = b"\x80\x02" + arguments + b"(" + (REBUILD + b"h\0R") * 9_999 + b"l."
    assert len(contents(archive(program, path))) == 9_999
    assert time.perf_counter() - start < 20


def test_too_many_instructions() -> None:
    with pytest.raises(ValueError, match="its pickle has more than 2000000 instructions"):
        read_program(b"N0" * 1_000_001 + b".")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (b"\x82\x01.", "instruction EXT1, which"),
        (b"\x97.", "instruction NEXT_BUFFER"),
        (b"Pid\n.", "persistent id where none belongs"),
        (b"NN\x93.", "names a class by what is no string"),
        (b"K\1K\2K\3s.", "sets items of what is no dictionary"),
        (b"K\1K\2a.", "appends to what is no list"),
        (b"ccollections\nOrderedDict\n((K\1K\2ltR.", "a dictionary of what is no pair"),
    ],
)
def test_refused_programs(program: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_program(program)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (tensor_program(b"K\0", b"K\x08\x85", b"K\1\x85"), ""),
        (tensor_program(b"K\1", b"K\x08\x85", b"K\1\x85"), "reaches beyond its storage"),
        (tensor_program(b"K\0", b"K\x04\x85", b"K\3\x85"), "reaches beyond its storage"),
        (tensor_program(b"K\0", b"K\x09\x85", b"K\0\x85"), "reaches beyond its storage"),
        (tensor_program(b"K\0", b"J\xff\xff\xff\xff\x85", b"K\1\x85"), "number out of range"),
        (tensor_program(b"\x88", b"K\1\x85", b"K\1\x85"), "number out of range"),
        (tensor_program(b"K\0", b"K\1\x85", b"K\1K\1\x86"), "of 1 dimensions has 2 strides"),
        (tensor_program(b"K\0", b"(" + b"K\1" * 65 + b"t", b"(" + b"K\1" * 65 + b"t"), "65 dim"),
        (tensor_program(b"K\0", b"K\1", b"K\1\x85"), "tensor without a shape"),
        (tensor_program(b"K\0", b"K\1\x85", b"K\1\x85", b"N"), "tensor without a storage"),
        (b"\x80\x02NQ.", "persistent id that is not a storage's"),
        (b"\x80\x02" + STORAGE.replace(b"Float", b"Q") + b".", "storage of unknown type"),
        (b"\x80\x02" + STORAGE.replace(b"K\x08", b"M\xff\xff") + b".", "larger than the file"),
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
        read_file(path)


def test_classes_with_their_source_in_old_files(tmp_path: Path) -> None:
    program = b"\x80\x02(U\6modulecm\nC\nU\1fU\1stQ."
    with pytest.raises(ValueError, match=r"an object of class 'm\.C', which only its own code"):
        read_file(archive(program, tmp_path / "file"))


def test_views_are_counted(tmp_path: Path) -> None:
    view = tensor_program(b"K\0", b"K\x08\x85", b"K\1\x85")[2:-1]
    path = archive(b"\x80\x02(" + view * 4000 + b"l.", tmp_path / "file")
    assert len(contents(path)) == 4000
    storage = STORAGE.replace(b"K\x08", b"K\xfa")
    again = b"h\1(h\0K\0K\xfa\x85K\1\x85\x89}tR"
    program = b"\x80\x02" + storage + b"q\0" + REBUILD + b"q\1(" + again * 1000 + b"l."
    with pytest.raises(ValueError, match="more than 8 times as large as the file"):
        read_file(archive(program, tmp_path / "file", **{"data/0": b"\0" * 1000}))


def test_archives(tmp_path: Path) -> None:
    path, program = tmp_path / "file", tensor_program(b"K\0", b"K\1\x85", b"K\1\x85")
    with pytest.raises(ValueError, match="on a machine with another order of bytes"):
        read_file(archive(program, path, byteorder=b"big"))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("big-lama/models/best.ckpt", b"")
    with pytest.raises(ValueError, match=r"zip archive without a data.pkl; it holds 'big-lama/mod"):
        read_file(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a/data.pkl", b"")
        file.writestr("b/data.pkl", b"")
    with pytest.raises(ValueError, match=r"a zip archive with several data\.pkl"):
        read_file(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/data.pkl", b"N" * 100_000)
    with pytest.raises(ValueError, match=r"member 'a/data\.pkl' is compressed or encrypted"):
        read_file(path)
    data = archive(program, path).read_bytes()
    path.write_bytes(data.replace(struct.pack("8f", *range(8)), struct.pack("8f", *range(1, 9))))
    with pytest.raises(ValueError, match=r"it is damaged .*Bad CRC"):
        read_file(path)


def legacy(*parts: object) -> bytes:
    return b"".join(p if isinstance(p, bytes) else pickle.dumps(p, 2) for p in parts)


MAGIC, SYSTEM = 0x1950A86A20F9469CFC6C, {"little_endian": True}
EIGHT = (8).to_bytes(8, "little")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (legacy(7), "a pickle that torch.save did not write"),
        (legacy(MAGIC, 7), "an unknown version of the format before zip"),
        (legacy(MAGIC, 1001, {"little_endian": False}), "another order of bytes"),
        (legacy(MAGIC, 1001, SYSTEM, b"\x80\x02" + STORAGE + b".", []), "list of storages does"),
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
        read_file(path)


def test_parts_of_storages_in_old_files(tmp_path: Path) -> None:
    storage = STORAGE.replace(b"tQ", b"(U\x011K\2K\3ttQ")
    program = tensor_program(b"K\0", b"K\3\x85", b"K\1\x85", storage)
    content = legacy(MAGIC, 1001, SYSTEM, program, ["0"], EIGHT, struct.pack("8f", *range(8)))
    path = tmp_path / "file"
    path.write_bytes(content)
    assert contents(path).tolist() == [2, 3, 4]
    path.write_bytes(content.replace(b"K\2K\3t", b"K\7K\3t"))
    with pytest.raises(ValueError, match="a part of storage '0' is not within it"):
        read_file(path)


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
        read_file(path)


def script(attributes: bytes) -> bytes:
    return b"\x80\x02c__torch__\nM\n)\x81}(" + attributes + b"ub."


@pytest.mark.parametrize("first", [0x80, 0x50, 0x1F, 0x7B])
def test_safetensors_of_any_length(first: int, tmp_path: Path) -> None:
    header = b"{}".ljust(256 + first)
    path = tmp_path / "file"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert path.read_bytes()[0] == first
    assert read_file(path).kind == "safetensors"


def names(file: File) -> list[str]:
    return list(file.content) if isinstance(file.content, dict) else []


def test_modules_of_torchscript(tmp_path: Path) -> None:
    path, weight = tmp_path / "file", tensor_program(b"K\0", b"K\1\x85", b"K\1\x85")[2:-1]
    shared = b"c__torch__\nM\n)\x81q\0}(U\1w" + weight + b"ub"
    program = script(b"U\1a" + shared + b"U\1bh\0U\1wK\1")
    found = read_file(archive(program, path, **{"constants.pkl": b""}))
    assert found.kind == "torchscript"
    assert names(found) in (["a.w"], ["b.w"])
    cycle = b"\x80\x02c__torch__\nM\n)\x81q\0}(U\1sh\0U\1w" + weight + b"ub."
    found = read_file(archive(cycle, path, **{"constants.pkl": b""}))
    assert names(found) == ["w"]
    for key in (b"K\1", b"X\x00\x02\0\0" + b"x" * 512):
        with pytest.raises(ValueError, match="has no name of up to 200 ASCII letters"):
            read_file(archive(script(key + b"N"), path, **{"constants.pkl": b""}))


def test_no_library_for_safetensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.safetensors"
    path.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match=r"pip install 'lamakit\[safetensors\]'"):
        read_file(path)


def test_the_tensors_own_their_memory(tmp_path: Path) -> None:
    for zipped in (True, False):
        found = content_of({"w": torch.ones(4)}, tmp_path / "file", 2, zipped=zipped)
        tensor: Tensor = found["w"]
        tensor.fill_(2)
        assert contents(tmp_path / "file")["w"].tolist() == [1] * 4
