"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def replace_file(path: str | os.PathLike[str], write: Callable[[BinaryIO], object]) -> None:
    """Write a file beside ``path`` and move it there once it is complete.

    Args:
        path: the file; one that exists is replaced, or stays as it was if writing fails.
        write: writes the content to the open file that it is given.

    Raises:
        OSError: if the file cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())  # on the disk before it takes the other's place
        partial.replace(path)
    except RuntimeError as error:
        # torch.save reports a failed write as one, in whose context the system's error stands.
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise
    finally:
        partial.unlink(missing_ok=True)
