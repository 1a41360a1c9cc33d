"""Why weights are not read with the standard library's unpickler: the files that it fails on.

The reader tried here makes every class inert. A first pass bounds the number of instructions, the
indices of the memo and the nesting.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests._weights.crafted import read_program

READER = """
import dataclasses, io, pickle, pickletools, sys

class Inert:
    def __new__(cls, *arguments, **options):
        return object.__new__(cls)

    def __setstate__(self, state):
        self.state = state

@dataclasses.dataclass(frozen=True)
class Checked:
    length: int

class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        return type(name, (Inert,), {})

    def persistent_load(self, identifier):
        return Checked(8)

program = sys.stdin.buffer.read()
tuples = 0  # nesting that is hashed is no deeper
for count, (opcode, argument, _) in enumerate(pickletools.genops(program)):
    assert count < 2_000_000
    assert not opcode.name.endswith("PUT") or argument <= count
    tuples += opcode.name.startswith("TUPLE")
    assert tuples < 1000
print("checked", flush=True)
print(Reader(io.BytesIO(program)).load())
"""


def big_key(number: int) -> bytes:
    return b"\x8a\x0c" + number.to_bytes(12, "little") + b"N"


ENDLESS: dict[str, Callable[[], bytes]] = {
    # A pair of the same pair twice, sixty levels deep, takes 2**60 steps to hash
    "a shared tuple as a key": lambda: b"})" + b"q\0h\0\x86" * 60 + b"Ns.",
    # Each key is compared with all before it
    "numbers of one hash as keys": lambda: (
        b"}(" + b"".join(big_key(i * (2**61 - 1)) for i in range(50_000)) + b"u."
    ),
    # Each call copies its arguments
    "one tuple as the arguments of many calls": lambda: (
        b"(" + b"N" * 100_000 + b"tq\0cm\nC\nq\1(" + b"h\1h\0R" * 50_000 + b"l."
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_files_that_take_it_too_long(name: str) -> None:
    program = ENDLESS[name]()
    start = time.perf_counter()
    read_program(program)
    assert time.perf_counter() - start < 5
    with reader() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(program)
        process.stdin.close()
        assert process.stdout.readline().strip() == b"checked"
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
        finally:
            process.kill()


def test_a_state_is_written_into_checked_objects() -> None:
    program = b"NQ}U\6lengthM\xff\xffsb."
    with reader() as process:
        printed, _ = process.communicate(program, timeout=60)
    assert printed.split() == [b"checked", b"Checked(length=65535)"]


def test_it_reads_some_numbers_differently_from_pickletools() -> None:
    assert read_program(b"I010\n.") == 10
    assert pickle.loads(b"I010\n.") == 8


def reader() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", READER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
