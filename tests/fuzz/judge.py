"""Judgement of a file: how reading it ended, and whether any code was run."""

from __future__ import annotations

import codecs
import os
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lamakit.checkpoints import load_discriminator, load_generator, read_checkpoint
from tests.fuzz.mutations import CANARY, mutants
from tests.fuzz.seeds import whole_files

__all__ = ["outcome", "read_files", "watched"]

LONGEST = 10.0  # seconds
MOST_MEMORY = 1000  # megabytes, of which torch takes about 300
_EVENTS = {
    *("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "exec", "compile"),
    *("pickle.find_class", "marshal.loads", "socket.connect", "ctypes.dlopen", "os.mkdir"),
    *("urllib.Request", "import"),
}
for _codec in ("cp437", "raw_unicode_escape"):  # the standard library imports them when needed
    codecs.lookup(_codec)
_seen: list[str] = []
_watching: list[bool] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if any(_watching) and event in _EVENTS:
        _seen.append(f"{event} {arguments!r:.200}")


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect Python's audit events that tell of code being run or imported, while this lasts."""
    if not _watching:
        sys.addaudithook(_hook)  # which stays for ever
    _seen.clear()
    _watching[:] = [True]
    try:
        yield _seen
    finally:
        _watching[:] = [False]


def outcome(path: Path) -> str:
    """Return how reading and loading the file ended; errors of other types are passed on."""
    start = time.perf_counter()
    loaders: tuple[Callable[[Path], object], ...] = (
        read_checkpoint,
        load_generator,
        load_discriminator,
    )
    ended = "loaded"
    for load in loaders:
        try:
            load(path)
        except (ValueError, OSError) as error:
            if load is not load_discriminator:  # most files have none
                ended = f"{'ValueError' if isinstance(error, ValueError) else 'OSError'}"
            if load is read_checkpoint:
                break
    seconds = time.perf_counter() - start
    assert seconds < LONGEST, f"{seconds:.1f} s"
    return ended


def read_files(kind: str, count: int, seed: int, folder: str) -> None:
    """Read damaged files of one format, print how they ended, and exit with 1 after a failure."""
    warnings.simplefilter("error")
    os.chdir(folder)
    path, whole = Path(folder) / "file", whole_files()[kind]
    path.write_bytes(whole)
    outcome(path)  # imports what reading needs
    ends: Counter[str] = Counter()
    slowest = 0.0
    for damage, mutant in mutants(kind, whole, count, seed):
        path.write_bytes(mutant)
        start = time.perf_counter()
        with watched() as events:
            try:
                ended = outcome(path)
            except BaseException as error:  # noqa: BLE001 (that is what is looked for)
                ended = f"{type(error).__name__} after {damage}: {error!s:.300}"
        slowest = max(slowest, time.perf_counter() - start)
        if events or Path(CANARY).exists():
            ended = f"code ran after {damage}: {events[:3]}"
            Path(CANARY).unlink(missing_ok=True)
        ends[ended] += 1
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{kind}: {dict(ends)}, slowest {slowest:.2f} s, peak memory {memory} MB", flush=True)
    sys.exit(int(memory > MOST_MEMORY or bool(ends.keys() - {"loaded", "ValueError", "OSError"})))
