"""Checkpoints of a training in progress: written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from lamakit._files import replace_file
from lamakit.training.state import TrainingState


def save_state(
    state: TrainingState, path: str | os.PathLike[str], *, settings: Mapping[str, Any] | None = None
) -> None:
    """Write a training in progress to a file, in place of the one before it.

    The file is written beside its final place and moved there when it is complete. So a training
    that is killed, or a disk that is full, leaves the previous file as it was.

    :func:`~lamakit.checkpoints.load_generator` loads the generator out of the file, and its moving
    average with ``average=True``.

    Args:
        state: the training.
        path: the file; its folder must exist.
        settings: further values to keep, such as :meth:`TrainingSettings.to_dict`: strings,
            numbers, and tuples, lists and dictionaries of them.

    Raises:
        OSError: if the file cannot be written, for example because the disk is full.

    Example:
        >>> import tempfile
        >>> from lamakit.checkpoints import load_generator
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> from lamakit.generators import lama_fourier
        >>> model = lama_fourier(base_channels=8, num_blocks=1)
        >>> state = TrainingState.of(model, PatchDiscriminator(base_channels=8))
        >>> path = tempfile.mkdtemp() + "/checkpoint.pt"
        >>> save_state(state, path)
        >>> len(load_generator(path, average=True).bottleneck)
        1
    """
    content = state.state_dict() | {"settings": dict(settings or {})}
    replace_file(path, lambda file: torch.save(content, file))


def load_state(state: TrainingState, path: str | os.PathLike[str]) -> None:
    """Continue the training that a file of :func:`save_state` holds.

    Args:
        state: a new training of the same networks, which becomes that of the file.
        path: the file.

    Raises:
        ValueError: if the file holds no training, or one of other networks.
        OSError: if it cannot be opened.

    Example:
        >>> import tempfile
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> from lamakit.generators import lama_fourier
        >>> def begin():
        ...     model = lama_fourier(base_channels=8, num_blocks=1)
        ...     return TrainingState.of(model, PatchDiscriminator(base_channels=8))
        >>> state, path = begin(), tempfile.mkdtemp() + "/checkpoint.pt"
        >>> state.step = 7
        >>> save_state(state, path)
        >>> again = begin()
        >>> load_state(again, path)
        >>> again.step
        7
    """
    state.load_state_dict(_read(path, mmap=False))


def read_settings(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what :func:`save_state` was given as ``settings``.

    Args:
        path: the file.

    Raises:
        ValueError: if the file holds no training.
        OSError: if it cannot be opened.

    Example:
        >>> import tempfile
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> from lamakit.generators import lama_fourier
        >>> model = lama_fourier(base_channels=8, num_blocks=1)
        >>> state = TrainingState.of(model, PatchDiscriminator(base_channels=8))
        >>> path = tempfile.mkdtemp() + "/checkpoint.pt"
        >>> save_state(state, path, settings={"seed": 3})
        >>> read_settings(path)
        {'seed': 3}
    """
    settings: dict[str, Any] = _read(path, mmap=True)["settings"]  # and none of the tensors
    return settings


def _read(path: str | os.PathLike[str], *, mmap: bool) -> dict[str, Any]:
    """Return the content of a file of :func:`save_state`."""
    with Path(path).open("rb"):  # its errors name the file
        pass
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)
    except Exception as error:  # of zip, pickle or torch, by what is damaged
        raise ValueError(f"{os.fspath(path)!r} is no checkpoint of a training: {error}") from error
    if not isinstance(content, dict) or not {"state_dict", "optimizers", "step"} <= content.keys():
        raise ValueError(
            f"{os.fspath(path)!r} is no checkpoint of a training, as save_state writes it; to "
            "start a new training from weights, give their file as init_from"
        )
    return content
