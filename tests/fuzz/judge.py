"""What became of a file, and whether anything ran that should not have."""

from __future__ import annotations

import codecs
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lamakit.checkpoints import load_discriminator, load_generator, read_checkpoint

__all__ = ["outcome", "watched"]

LONGEST = 10.0  # seconds
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
    """The audit events, while this lasts, that tell of code being run or found."""
    if not _watching:
        sys.addaudithook(_hook)  # which stays for ever
    _seen.clear()
    _watching[:] = [True]
    try:
        yield _seen
    finally:
        _watching[:] = [False]


def outcome(path: Path) -> str:
    """How reading and loading the file ended; any error but ValueError and OSError goes through."""
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
