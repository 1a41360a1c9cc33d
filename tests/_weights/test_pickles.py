"""Pickle programs: read whole, and nothing in them imported or called."""

from __future__ import annotations

import io
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest

from lamakit._weights.machine import Opaque
from lamakit._weights.pickles import interpret
from tests._weights.crafted import STORAGE, archive, contents, read_program


def test_plain_values_come_back() -> None:
    shared = [1, 2]
    value: dict[object, Any] = {
        "a": (shared, shared, (), ("x",), (1, 2, 3), (1, 2, 3, 4), {}, [], [True, False]),
        7: None,
        b"k": [-1, 255, 65_535, 2**31 - 1, -(2**70), 2**3000, 0.5, "é", "x" * 300, b"y" * 300],
    }
    for protocol in range(6):
        found = read_program(pickle.dumps(value, protocol))
        assert found["a"] == value["a"]
        assert found["a"][0] is found["a"][1]
        assert found[7] is None
        if protocol > 2:  # before, bytes are a call
            assert found == value


def test_sets_and_byte_arrays_come_back_in_some_form() -> None:
    found = read_program(pickle.dumps([frozenset({1}), {2}, bytearray(b"x")], 5))
    assert found == [[1], [2], b"x"]
    assert read_program(b"(K\1K\2d.") == {1: 2}
    assert read_program(b"K\1(K\2K\x031220\x86.") == (1, 1)  # POP_MARK, DUP, POP


def test_ordered_dictionaries() -> None:
    for program in (
        b"ccollections\nOrderedDict\n)R(K\1K\2K\3K\4u.",
        b"ccollections\nOrderedDict\n(((K\1K\2l(K\3K\4lltR.",  # as Python 2 writes them
    ):
        found = read_program(program)
        assert list(found.items()) == [(1, 2), (3, 4)]


def test_known_functions_are_rebuilt() -> None:
    program = b"cm\nf\n(K\1K\2tRcm\ng\n(K\1K\2tR\x86."
    found = interpret(io.BytesIO(program), rebuild={"m.f": sum})
    assert isinstance(found, tuple)
    assert found[0] == 3
    assert found[1].dotted == "m.g"


def test_the_file_stands_at_the_programs_end() -> None:
    file = io.BytesIO(pickle.dumps("first") + pickle.dumps("second") + b"rest")
    assert [interpret(file), interpret(file), file.read()] == ["first", "second", b"rest"]


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
    for form in (
        b"(S'%s'\niposix\nmkdir\n.",
        b"(cposix\nmkdir\nS'%s'\no.",
        b"cposix\nmkdir\n(S'%s'\nt\x81.",
        b"cposix\nmkdir\n(S'%s'\nt}\x92.",
        b"S'posix'\nS'mkdir'\n\x93(S'%s'\ntR.",
    ):
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


SHARED = b")" + b"q\0h\0\x86" * 60


@pytest.mark.parametrize(
    "identifier",
    [
        *(b"N", b"K\1", b"U\x02id", b")", b"]", b"}", b"cm\nC\n", b"(U\x07storaget", SHARED),
        STORAGE[:-1].replace(b"U\x07storage", SHARED).replace(b"FloatStorage", b"System"),
        STORAGE[:-1].replace(b"U\x010", SHARED),
        STORAGE[:-1].replace(b"K\x08", SHARED),
        STORAGE[:-1].replace(b"K\x08", b"K\x08" + SHARED + b"\x85"),
    ],
)
def test_persistent_ids_of_any_type(tmp_path: Path, identifier: bytes) -> None:
    path = archive(b"\x80\x02" + identifier + b"Q.", tmp_path / "file")
    with pytest.raises(ValueError, match="cannot be read as weights"):
        contents(path)


@pytest.mark.parametrize(
    "program",
    [
        *(b".", b"(((.", b"t.", b"N(0t1.", b"\x82\1.", b"N", b"\x80\x05\x8e" + b"\xff" * 8),
        SHARED + SHARED + b"\x93.",  # a name
        SHARED + b"}" + SHARED + b"Nsa.",  # a target of the wrong type
        b"ccollections\nOrderedDict\n(" + SHARED + b"ltR.",
        b"cm\nC\n)\x81" * 1000 + b"b" * 999 + b".",
    ],
)
def test_errors_of_damaged_files(tmp_path: Path, program: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read as weights") as caught:
        contents(archive(b"\x80\x02" + program, tmp_path / "file"))
    assert len(str(caught.value)) < 1000
