"""Pickle programs that want all memory or time: they are read, or refused, at little cost."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lamakit._weights.machine import Machine, Opaque, instance
from tests._weights.crafted import read_program


def big_key(number: int) -> bytes:
    return b"\x8a\x0c" + number.to_bytes(12, "little") + b"N"


def remember(index: int) -> bytes:
    return b"r" + index.to_bytes(4, "little")


ENTRIES = b"".join(b"X\4\0\0\0%04dN" % i for i in range(9999))
PAIR_OF_PAIRS = b")" + b"q\0h\0\x86" * 60  # 2**60 steps to hash, compare or print

READ = {
    "a large memo index": b"Nr\xff\xff\xff\xffj\xff\xff\xff\xff.",
    "a memo in one place of its table": b"N" + b"".join(remember(i << 16) for i in range(1 << 16)),
    "shared lists": b"]q\0" + b"](h\0h\0h\0h\0eq\0" * 500,
    "a list in itself": b"]q\0h\0a",
    "a dictionary in itself": b"}q\0Nh\0s",
    "nested lists": b"]" * 50_000 + b"a" * 49_999,
    "nested tuples": b")" + b"\x85" * 50_000,
    "nested objects": b"cm\nC\n)\x81" * 20_000 + b"b" * 19_999,
    "long names": b"V" + b"x" * 1_000_000 + b"\nq\0" + b"h\0h\0\x93" * 50_000,
    "keys of one hash": b"}(" + b"".join(big_key(i * (2**61 - 1)) for i in range(50_000)) + b"u",
    "a shared tuple as a key": b"}" + PAIR_OF_PAIRS + b"Ns",
    "a shared tuple as a key of pairs": (
        b"ccollections\nOrderedDict\n(]" + PAIR_OF_PAIRS + b"N\x86atR"
    ),
    "a shared tuple in a set": b"\x8f(" + PAIR_OF_PAIRS + b"\x90",
    "a shared tuple in a frozen set": b"(" + PAIR_OF_PAIRS + b"\x91",
    "a long tuple as a key": b"}()" + b"\x85" * 1000 + b"q\0N" + b"h\0N" * 10_000 + b"u",
    "one tuple as the arguments of many objects": (
        b"(" + b"N" * 100_000 + b"tq\0cm\nC\nq\1(" + b"h\1h\0\x81" * 20_000 + b"l"
    ),
    "one dictionary as the state of many objects": (
        b"}(" + ENTRIES + b"uq\0cm\nC\nq\1(" + b"h\1)\x81h\0b" * 20_000 + b"l"
    ),
    "a frame longer than the file": b"\x95" + (2**62).to_bytes(8, "little") + b"N",
}
DAMAGED = {
    "bytes longer than the file": b"\x8e" + (2**63 - 1).to_bytes(8, "little"),
    "bytes longer than any file": b"\x8e" + (2**64 - 1).to_bytes(8, "little"),
    "a byte array longer than the file": b"\x96" + (2**62).to_bytes(8, "little"),
    "a string longer than the file": b"X\xff\xff\xff\xff",
    "a number longer than the file": b"\x8b\xff\xff\xff\x7f",
    "a number of a million digits": b"L" + b"9" * 1_000_000 + b"L\n",
    "marks only": b"(" * 100_000,
    "no mark": b"Nt",
    "more marks than objects": b"(((tt00",
    "an empty stack": b"\x85" + b"0" * 10,
    "a memo that was never written": b"j\xff\xff\xff\xff",
}
COPIES = (
    b"ccollections\nOrderedDict\nq\0(" + b"(K\1Nt" * 1000 + b"l\x85q\1" + b"h\0h\1R" * 3000 + b"."
)


@contextmanager
def in_bounds(program: bytes) -> Iterator[None]:
    start = time.perf_counter()
    tracemalloc.start()
    try:
        yield
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert time.perf_counter() - start < 20
    assert peak < 5_000_000 + 400 * len(program)


@pytest.mark.parametrize("name", READ)
def test_read_in_proportion_to_the_length(name: str) -> None:
    with in_bounds(READ[name]):
        read_program(READ[name] + b".")


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_found_in_proportion_to_the_length(name: str) -> None:
    with in_bounds(DAMAGED[name]), pytest.raises((ValueError, IndexError, KeyError)):
        read_program(DAMAGED[name] + b".")


def test_items_are_copied_once() -> None:
    with in_bounds(COPIES), pytest.raises(ValueError, match="the same items again and again"):
        read_program(COPIES)
    assert read_program(COPIES.replace(b"h\0h\1R" * 3000, b"h\0h\1R")) == {1: None}


def test_too_many_instructions() -> None:
    with pytest.raises(ValueError, match="its pickle has more than 2000000 instructions"):
        read_program(b"N0" * 1_000_001 + b".")


def test_keys_that_a_file_can_make_slow_are_replaced() -> None:
    machine = Machine(None, {})
    machine.push({})
    kept = [0, -1, 4095, True, None, "name", b"bytes", Opaque("os", "system")]
    machine.set_items([part for key in kept for part in (key, "kept")])
    assert list(machine.pop()) == kept
    machine.push({})
    machine.set_items([4096, 1, -(2**59), 2, 2**60, 3, 0.5, 4, (1, 2), 5])
    text, negative, *others = machine.pop()
    assert (text, negative) == ("4096", str(-(2**59)))
    assert [other.dotted for other in others] == [
        "builtins.int",
        "builtins.float",
        "builtins.tuple",
    ]


def test_objects_without_behaviour() -> None:
    of_class, of_number = instance(Opaque("m", "C")), instance(1)
    assert (of_class.dotted, of_number.dotted) == ("m.C", "builtins.object")
    assert of_class != instance(Opaque("m", "C"))  # compared by identity, as any two objects
    assert Opaque("x" * 300, "y" * 300).dotted == "x" * 200 + "." + "y" * 200
    assert repr(Opaque("\x1b[2J", "é")) == r"'\x1b[2J.\xe9'"
    with pytest.raises(AttributeError):
        of_class.other = 1  # type: ignore[attr-defined]
