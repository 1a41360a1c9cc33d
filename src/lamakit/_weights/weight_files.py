"""Any published weights file, read without running anything in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from lamakit._weights.archives import read_archive
from lamakit._weights.detect import detect
from lamakit._weights.legacy import read_legacy
from lamakit._weights.machine import Opaque
from lamakit._weights.safetensors_files import read_safetensors

__all__ = ["ACCEPTED", "File", "read_file"]

ACCEPTED = (
    "a file of weights as torch.save writes it (the zip format or the one before it), "
    "a safetensors file or a TorchScript archive"
)

Kind: TypeAlias = Literal["pickle", "torchscript", "safetensors"]


class File(NamedTuple):
    """What a file is and holds.

    Args:
        kind: "pickle", as ``torch.save`` writes it, "torchscript" or "safetensors".
        content: the object in it; classes, functions and their instances are :class:`Opaque`.
        metadata: the text beside the tensors of a safetensors file.
    """

    kind: Kind
    content: object
    metadata: Mapping[str, str]


def read_file(path: str | os.PathLike[str], *, missing: str = "") -> File:
    """What the file is and holds, its tensors on the CPU; nothing is imported or called.

    Args:
        path: the file.
        missing: advice for a file that does not exist: where one comes from.

    Raises:
        FileNotFoundError: if the file does not exist.
        OSError: if it cannot be opened.
        ValueError: if it is of another format, cut off or damaged; the message tells what it is.
        TypeError: if ``path`` is no path.
        ImportError: if it is a safetensors file and the library is not installed.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"weights must be a path or a state dict, got {type(path).__name__}; "
            "a module's state dict is module.state_dict()"
        )
    name = os.fspath(path)
    try:
        found = _read(Path(path))
    except FileNotFoundError as error:
        if not missing:
            raise
        raise FileNotFoundError(f"there is no file {name}; {missing}") from error
    except (OSError, ImportError, MemoryError):
        raise
    except Exception as error:  # a damaged file fails with whatever error comes first
        reason = str(error) if type(error) is ValueError else f"it is damaged ({error!r:.200})"
        raise ValueError(
            f"{name} cannot be read as weights: {reason}; expected {ACCEPTED}"
        ) from error
    if isinstance(found.content, Opaque):
        raise ValueError(
            f"{name} cannot be read as weights: it holds an object of class "
            f"{found.content.dotted!a}, which only its own code could rebuild; expected {ACCEPTED}"
        )
    return found


def _read(path: Path) -> File:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        kind = detect(file.read(512), size)
        file.seek(0)
        if kind == "zip":
            content, is_script = read_archive(file, size)
            return File("torchscript" if is_script else "pickle", content, {})
        if kind == "legacy":
            return File("pickle", read_legacy(file, size), {})
    return File("safetensors", *read_safetensors(path))
