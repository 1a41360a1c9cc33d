"""One error for every way in which a file of weights can be damaged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

ACCEPTED = (
    "a file of weights as torch.save writes it (the zip format or the one before it), "
    "a safetensors file or a TorchScript archive"
)


@contextlib.contextmanager
def file_errors(name: str) -> Iterator[None]:
    """Turn the errors of reading a damaged file into a ValueError with the file's name.

    A damaged file fails with whatever error comes first. Errors of the system (OSError) and lack of
    memory stay as they are.
    """
    try:
        yield
    except (OSError, MemoryError, ImportError):
        raise
    except Exception as error:
        reason = str(error) if type(error) is ValueError else f"it is damaged ({error!r:.200})"
        raise ValueError(
            f"{name} cannot be read as weights: {reason}; expected {ACCEPTED}"
        ) from error
