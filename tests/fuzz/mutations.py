"""Ways to damage a file, and to put calls of functions into it; the same seed does the same."""

from __future__ import annotations

import builtins
import io
import json
import os
import pickle
import pickletools
import zipfile
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import torch

__all__ = ["CANARY", "mutants"]

CANARY = "lamakit_fuzz_canary"
"""The file that every hostile pickle would make in the current folder if a call in it were run."""

NUMBERS = (0, 1, 2, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**63, 2**64 - 1)
MAGIC = 0x1950A86A20F9469CFC6C
Mutation = Callable[[bytes, Random], bytes]


class Call:
    """An object whose pickle is a call of that function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


class Evil(pickle.Pickler):
    """A pickler that writes a storage as ``torch.save`` does, as a reference to a file's first."""

    def persistent_id(self, obj: Any) -> Any:
        return ("storage", torch.FloatStorage, "0", "cpu", 8) if obj is STORAGE else None


STORAGE = object()
ATTACKS: tuple[Any, ...] = (
    Call(os.system, f"touch {CANARY}"),
    Call(eval, f"open({CANARY!r}, 'w')"),
    Call(exec, f"open({CANARY!r}, 'w')"),
    Call(builtins.open, CANARY, "w"),
    Call(torch.save, {}, CANARY),
    Call(torch.load, CANARY),
    Call(torch.hub.load, CANARY, CANARY),
    Call(getattr, Call(__import__, "os"), "system"),
    Call(torch._utils._rebuild_tensor_v2, STORAGE, 0, (2**60,), (0,), False, {}),
    Call(torch._utils._rebuild_tensor_v2, STORAGE, 2**62, (8,), (1,), False, {}),
    Call(torch._utils._rebuild_tensor_v2, STORAGE, 0, (8,), (2**62,), False, {}),
    Call(torch._utils._rebuild_tensor_v2, STORAGE, 0, (1,) * 10_000, (1,) * 10_000, False, {}),
    Call(torch._utils._rebuild_tensor_v2, "storage", 0, (8,), (1,), False, {}),
    Call(torch._utils._rebuild_parameter, Call(os.system, f"touch {CANARY}"), True, {}),
    Call(torch._utils._rebuild_parameter),
)


def mutants(kind: str, whole: bytes, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield damaged versions of a whole file of that kind, each with the name of its damage."""
    own: dict[str, tuple[Mutation, ...]] = {
        "zip": (rewrite_zip, rewrite_zip, rewrite_zip, attack_zip),
        "torchscript": (rewrite_zip, rewrite_zip, rewrite_zip, attack_zip),
        "legacy": (rewrite_program, rewrite_program, attack_legacy),
        "safetensors": (rewrite_header, rewrite_header, rewrite_header),
    }
    random = Random(f"{kind} {seed}")
    for _ in range(count):
        mutation = random.choice((*BYTES, *own[kind]))
        yield mutation.__name__, mutation(whole, random)


def flip(data: bytes, random: Random) -> bytes:
    """Give a few bytes other values."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 2, 8, 64))):
        changed[min(random.randrange(len(data)), random.randrange(len(data)))] = random.randrange(
            256
        )
    return bytes(changed)


def truncate(data: bytes, random: Random) -> bytes:
    """Cut the file off somewhere."""
    return data[: random.randrange(len(data))]


def inflate(data: bytes, random: Random) -> bytes:
    """Write an extreme number somewhere."""
    width = random.choice((1, 2, 4, 8))
    number = random.choice(NUMBERS) % (1 << 8 * width)
    at = random.randrange(max(len(data) - width, 1))
    return data[:at] + number.to_bytes(width, "little") + data[at + width :]


def splice(data: bytes, random: Random) -> bytes:
    """Drop a piece of the file, or insert a copy of it somewhere."""
    start, to = random.randrange(len(data)), random.randrange(len(data))
    piece = data[start : start + random.choice((1, 8, 100, 5000))]
    if random.random() < 0.5:
        return data[:start] + data[start + len(piece) :]
    return data[:to] + piece + data[to:]


BYTES: tuple[Mutation, ...] = (flip, truncate, inflate, splice)


def rewrite_zip(data: bytes, random: Random) -> bytes:
    """Damage, swap, drop, double or compress members; their checksums are right."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = list(members)
    main = next(name for name in names if name.endswith("/data.pkl"))
    one, other = random.choice(names), random.choice(names)
    what = random.randrange(6)
    if what == 0:
        members[one], members[other] = members[other], members[one]
    elif what == 1:
        del members[one]
    elif what == 2:
        members[random.choice(("data.pkl", "other/data.pkl", "../data.pkl"))] = members[main]
    elif what == 3:
        members[one] = random.choice(BYTES)(members[one] or b"\0", random)
    else:
        members[main] = rewrite_program(members[main], random)
    compression = zipfile.ZIP_DEFLATED if what == 2 and random.random() < 0.3 else 0
    return zipped(members, compression)


def attack_zip(data: bytes, random: Random) -> bytes:
    """Put a call of some function into the object, or in its place."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    main = next(name for name in members if name.endswith("/data.pkl"))
    members[main] = attack(members[main], random)
    return zipped(members, 0)


def zipped(members: dict[str, bytes], compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def attack_legacy(data: bytes, random: Random) -> bytes:
    """Do the same in the format before zip."""
    header, program, rest = split_legacy(data)
    if random.random() < 0.2:  # even the magic number's place may hold a call
        return attack(pickle.dumps(MAGIC), random) + data
    return header + attack(program, random) + rest


def rewrite_program(data: bytes, random: Random) -> bytes:
    """Double, swap or replace instructions of a pickle."""
    if data.startswith(pickle.dumps(MAGIC, 2)):
        header, program, rest = split_legacy(data)
        return header + rewrite_program(program, random) + rest
    starts = [position for _, _, position in pickletools.genops(data) if position is not None]
    pieces = [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
    for _ in range(random.choice((1, 1, 3, 20))):
        at, other = random.randrange(len(pieces)), random.randrange(len(pieces))
        what = random.randrange(5)
        if what == 0:
            pieces[at], pieces[other] = pieces[other], pieces[at]
        elif what == 1:
            pieces[at] = pieces[other]
        elif what == 2:
            pieces[at] += pieces[other]
        elif what == 3:
            pieces[at] = random.choice(INSTRUCTIONS)
        else:
            pieces[at] = b"\x8a\x09" + random.choice(NUMBERS).to_bytes(9, "little")
    return b"".join(pieces)


INSTRUCTIONS = (
    *(opcode.code.encode("latin-1") for opcode in pickletools.opcodes if opcode.arg is None),
    b"r\xff\xff\xff\xff",  # a memo index
    b"j\xff\xff\xff\xff",
    b"\x82\x01",  # an extension
    b"X\xff\xff\xff\xff",  # a string longer than any file
    b"\x8e" + (2**63 - 1).to_bytes(8, "little"),
    b"\x8b\xff\xff\xff\x7f",
    f"cos\nsystem\n(S'touch {CANARY}'\ntR".encode(),
    f"cbuiltins\nexec\n(Vopen({CANARY!r}, 'w')\ntR".encode(),
    f"(ios\nsystem\nS'touch {CANARY}'\n".encode(),
)


def rewrite_header(data: bytes, random: Random) -> bytes:
    """Change what the header of a safetensors file says; its length is right."""
    length = int.from_bytes(data[:8], "little")
    header, rest = json.loads(data[8 : 8 + length]), data[8 + length :]
    for _ in range(random.choice((1, 1, 5))):
        entry = header[random.choice(sorted(header.keys() - {"__metadata__"}) or ["__metadata__"])]
        value: Any = random.choice((*NUMBERS, -1, 0.5, None, "F32", [], {}, [1] * 100, "x" * 999))
        what = random.choice(("dtype", "shape", "data_offsets", "side", "offset", "name"))
        if what == "side" and isinstance(entry.get("shape"), list):
            entry["shape"] = [value, *entry["shape"][1:]]
        elif what == "offset" and isinstance(entry.get("data_offsets"), list):
            entry["data_offsets"] = [*entry["data_offsets"][:1], value]
        elif what == "name":
            header[str(value)] = entry
        else:
            entry[what] = value
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + rest


def attack(program: bytes, random: Random) -> bytes:
    """Return a program with a hostile object in its place, or in the place of one of its values."""
    buffer = io.BytesIO()
    target = random.choice(ATTACKS)
    shape = random.randrange(4)
    content = (target, {"state_dict": target}, {"model.1.weight": target}, [target] * 3)[shape]
    Evil(buffer, protocol=2).dump(content)
    hostile = buffer.getvalue()
    if random.random() < 0.5:
        return hostile
    body = hostile[2:-1]  # without the first and the last instruction
    ends = [p for opcode, _, p in pickletools.genops(program) if p and opcode.name == "NEWFALSE"]
    at = random.choice(ends or [2])
    return program[:at] + body + program[at + 1 :]


def split_legacy(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Split a file into the three pickles before the object's, the object's, and the rest."""
    stream = io.BytesIO(data)
    ends = []
    for _ in range(4):
        for _ in pickletools.genops(stream):
            pass
        ends.append(stream.tell())
    return data[: ends[2]], data[ends[2] : ends[3]], data[ends[3] :]
