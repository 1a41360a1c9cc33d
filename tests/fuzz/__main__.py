"""Many more damaged files than the tests read: ``python -m tests.fuzz 10000 [seed]``."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from tests.fuzz.judge import outcome, watched
from tests.fuzz.mutations import CANARY, mutants
from tests.fuzz.seeds import whole_files


def main() -> int:
    """Print how the files of each format ended, and return how many ended wrongly."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    warnings.simplefilter("error")
    files, failures = whole_files(), 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        path = Path(folder) / "file"
        for kind, whole in files.items():
            ends: Counter[str] = Counter()
            path.write_bytes(whole)
            outcome(path)  # imports what reading needs
            slowest = 0.0
            for damage, mutant in mutants(kind, whole, count // len(files), seed):
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
                failures += ended not in ("loaded", "ValueError", "OSError")
                ends[ended] += 1
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{kind}: {dict(ends)}, slowest {slowest:.2f} s, peak memory {memory} MB")
        os.chdir("/")
    return failures


if __name__ == "__main__":
    sys.exit(min(main(), 1))
