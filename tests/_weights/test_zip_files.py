"""Zip archives: those of torch.save, and modules of TorchScript."""

from __future__ import annotations

import struct
import time
import zipfile
from pathlib import Path

import pytest

from lamakit._weights import open_weights
from tests._weights.crafted import archive, contents, script, tensor_program


def test_archives(tmp_path: Path) -> None:
    path, program = tmp_path / "file", tensor_program(b"K\0", b"K\1\x85", b"K\1\x85")
    with pytest.raises(ValueError, match="on a machine with another order of bytes"):
        contents(archive(program, path, byteorder=b"big"))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("big-lama/models/best.ckpt", b"")
    with pytest.raises(ValueError, match=r"zip archive without a data.pkl; it holds 'big-lama/mod"):
        contents(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a/data.pkl", b"")
        file.writestr("b/data.pkl", b"")
    with pytest.raises(ValueError, match=r"a zip archive with several data\.pkl"):
        contents(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/data.pkl", b"N" * 100_000)
    with pytest.raises(ValueError, match=r"member 'a/data\.pkl' is compressed or encrypted"):
        contents(path)
    data = archive(program, path).read_bytes()
    path.write_bytes(data.replace(struct.pack("8f", *range(8)), struct.pack("8f", *range(1, 9))))
    with pytest.raises(ValueError, match=r"it is damaged .*Bad CRC"):
        contents(path)


def test_modules_of_torchscript(tmp_path: Path) -> None:
    path, weight = tmp_path / "file", tensor_program(b"K\0", b"K\1\x85", b"K\1\x85")[2:-1]
    shared = b"c__torch__\nM\n)\x81q\0}(U\1w" + weight + b"ub"
    program = script(b"U\1a" + shared + b"U\1bh\0U\1wK\1")
    with open_weights(archive(program, path, **{"constants.pkl": b""})) as weights:
        assert weights.format == "torchscript"
        assert list(weights.state_dict) in (["a.w"], ["b.w"])
    cycle = b"\x80\x02c__torch__\nM\n)\x81q\0}(U\1sh\0U\1w" + weight + b"ub."
    assert list(contents(archive(cycle, path, **{"constants.pkl": b""}))) == ["w"]
    for key in (b"K\1", b"X\x00\x02\0\0" + b"x" * 512):
        with pytest.raises(ValueError, match="has no name of up to 200 ASCII letters"):
            contents(archive(script(key + b"N"), path, **{"constants.pkl": b""}))


def test_modules_with_one_large_dictionary_of_attributes(tmp_path: Path) -> None:
    start = time.perf_counter()
    entries = b"".join(b"X\4\0\0\0%04dN" % i for i in range(9999))
    modules = b"".join(b"X\4\0\0\0%04dc_\nM\n)\x81h\0b" % i for i in range(9999))
    program = b"\x80\x02}(" + entries + b"uq\0" + b"0" + script(modules)[2:]
    assert contents(archive(program, tmp_path / "file", **{"constants.pkl": b""})) == {}
    assert time.perf_counter() - start < 10
