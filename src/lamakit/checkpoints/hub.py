"""Generators on the Hugging Face Hub."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from torch import nn

from lamakit._imports import import_extra
from lamakit.checkpoints.loading import load_generator
from lamakit.checkpoints.saving import save_generator
from lamakit.generators import ResNetGenerator

_FILE = "model.safetensors"


def push_to_hub(module: nn.Module, repo_id: str, *, private: bool = False) -> str:
    """Put a generator on the Hub, as ``model.safetensors``, and return the commit's address.

    The repository is made if there is none. You must have logged in before (``hf auth login``).

    Args:
        module: a generator that :func:`save_generator` can write.
        repo_id: the repository, such as ``"me/my-lama"``.
        private: whether a new repository is visible to you alone.

    Raises:
        ValueError: as :func:`save_generator` does, before anything is sent.
        OSError: if the Hub cannot be reached or refuses.
        ImportError: if the extra ``hub`` is not installed.

    Example:
        >>> from lamakit.generators import lama_fourier
        >>> model = lama_fourier(base_channels=16)
        >>> push_to_hub(model, "me/my-lama")  # doctest: +SKIP
        'https://huggingface.co/me/my-lama/commit/...'
    """
    library = import_extra("huggingface_hub", extra="hub", user="push_to_hub")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _FILE
        save_generator(module, path)
        hub = library.HfApi()
        hub.create_repo(repo_id, private=private, exist_ok=True)
        commit = hub.upload_file(path_or_fileobj=path, path_in_repo=_FILE, repo_id=repo_id)
    return str(commit.commit_url)


def from_hub(source: str | os.PathLike[str], *, revision: str | None = None) -> ResNetGenerator:
    """Load the generator that :func:`push_to_hub` wrote, in eval mode; the file tells its settings.

    Args:
        source: the repository, such as ``"me/my-lama"``, or a local folder: a clone of one.
        revision: the repository's branch, tag or commit; None for the main branch. A commit's whole
            hash always names the same content.

    Raises:
        ValueError: as :func:`load_generator` does.
        OSError: if the Hub cannot be reached or has no such file.
        ImportError: if the extra ``hub`` is not installed; its safetensors reads local folders too.

    Example:
        >>> import tempfile
        >>> from lamakit.checkpoints import save_generator
        >>> from lamakit.generators import lama_fourier
        >>> folder = tempfile.mkdtemp()
        >>> model = lama_fourier(base_channels=8, num_blocks=2)
        >>> save_generator(model, folder + "/model.safetensors")
        >>> len(from_hub(folder).bottleneck)
        2
    """
    if Path(source).is_dir():
        return load_generator(Path(source) / _FILE)
    library = import_extra("huggingface_hub", extra="hub", user="from_hub")
    return load_generator(library.hf_hub_download(os.fspath(source), _FILE, revision=revision))
