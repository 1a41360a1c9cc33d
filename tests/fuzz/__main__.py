"""Many more damaged files than the tests read: ``python -m tests.fuzz 10000 [seed]``.

The files of each format are read in a process of its own, so that its death by a signal, such as a
stack overflow, is seen and counts as a failure.
"""

from __future__ import annotations

import multiprocessing
import shutil
import sys
import tempfile
from pathlib import Path

from tests.fuzz.judge import read_files
from tests.fuzz.seeds import whole_files


def main() -> int:
    """Read the files of each format, and return 1 if any ended wrongly, else 0."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    kinds, failed = list(whole_files()), False
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            process = multiprocessing.get_context("spawn").Process(
                target=read_files, args=(kind, count // len(kinds), seed, folder)
            )
            process.start()
            process.join()
            if process.exitcode:
                failed = True
                kept = shutil.copy(Path(folder) / "file", f"failed_{kind}")
                print(f"{kind}: ended with status {process.exitcode}; its last file is {kept}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
