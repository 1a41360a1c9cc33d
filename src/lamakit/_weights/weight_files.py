"""Files of weights of every format, opened without running anything in them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, TypeAlias

from torch import Tensor

from lamakit._weights.file_errors import ACCEPTED, file_errors
from lamakit._weights.file_format import file_format
from lamakit._weights.legacy_files import read_legacy
from lamakit._weights.machine import Opaque
from lamakit._weights.safetensors_files import read_safetensors
from lamakit._weights.state_dicts import Weights, select_state_dict
from lamakit._weights.stored_tensors import StoredTensor
from lamakit._weights.zip_files import read_zip

Format: TypeAlias = Literal["lightning", "state_dict", "safetensors", "torchscript"]


class OpenWeights(NamedTuple):
    """A state dict whose tensors can be read, and what else its file tells.

    Args:
        state_dict: the tensors by name, not read yet.
        format: "lightning", "state_dict" (by ``torch.save``, or a mapping), "safetensors" or
            "torchscript".
        metadata: the text beside the tensors of a safetensors file.
    """

    state_dict: dict[str, StoredTensor]
    format: Format
    metadata: Mapping[str, str]


def read_state_dict(source: Weights, *, missing: str = "") -> dict[str, Tensor]:
    """Return all tensors of a file or a mapping by name, as :func:`open_weights` finds them."""
    with open_weights(source, missing=missing) as weights:
        return {name: tensor.read() for name, tensor in weights.state_dict.items()}


@contextlib.contextmanager
def open_weights(
    source: Weights, *, missing: str = "", key: str | None = None
) -> Iterator[OpenWeights]:
    """Find the tensors of a file or a mapping; while the context lasts, they can be read.

    Trainers write a state dict beside other things: :func:`select_state_dict` says which one it is.

    Args:
        source: a file in any format of :data:`ACCEPTED`, or what it would hold.
        missing: advice for a file that does not exist: where one comes from.
        key: the entry that holds the state dict, or the beginning of its tensors' names.

    Raises:
        FileNotFoundError: if the file does not exist.
        OSError: if it cannot be opened.
        ImportError: if it is a safetensors file and the extra ``hub`` is not installed.
        ValueError: if it is of another format, cut off or damaged, or holds no state dict, or none
            under that key.
        TypeError: if ``source`` is neither a path nor a mapping, or the key is not a string.
    """
    if isinstance(source, Mapping):
        yield OpenWeights(select_state_dict(source, "the mapping", key), "state_dict", {})
        return
    with open_file(source, missing=missing) as (content, form, metadata):
        yield OpenWeights(select_state_dict(content, os.fspath(source), key), form, metadata)


@contextlib.contextmanager
def open_file(
    path: str | os.PathLike[str], *, missing: str = ""
) -> Iterator[tuple[object, Format, Mapping[str, str]]]:
    """Find the object in a file; while the context lasts, its tensors can be read.

    Tensors in the object are :class:`StoredTensor`, classes and their instances :class:`Opaque`:
    nothing is imported or called. With it come the file's format and the text beside its tensors,
    as in :class:`OpenWeights`. Arguments and errors are those of :func:`open_weights`.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"weights must be a path or a state dict, got {type(path).__name__}; "
            "a module's state dict is module.state_dict(), those of a Checkpoint are its parts, "
            "such as checkpoint.generator"
        )
    name = os.fspath(path)
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (closed below)
    except FileNotFoundError as error:
        if not missing:
            raise
        raise FileNotFoundError(f"there is no file {name}; {missing}") from error
    with file:
        with file_errors(name):
            found = _read(file, name)
        content = found[0]
        if isinstance(content, Opaque):
            raise ValueError(
                f"{name} cannot be read as weights: it holds an object of class "
                f"{content.dotted!a}, which only its own code could rebuild; expected {ACCEPTED}"
            )
        yield found


def _read(file: BinaryIO, name: str) -> tuple[object, Format, Mapping[str, str]]:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    form = file_format(file.read(512), size)
    file.seek(0)
    if form == "safetensors":
        tensors, metadata = read_safetensors(name)
        return tensors, "safetensors", metadata
    is_script = False
    if form == "zip":
        content, is_script = read_zip(file, name, size)
    else:
        content = read_legacy(file, name, size)
    is_lightning = isinstance(content, dict) and "pytorch-lightning_version" in content
    plain: Format = "lightning" if is_lightning else "state_dict"
    return content, "torchscript" if is_script else plain, {}
