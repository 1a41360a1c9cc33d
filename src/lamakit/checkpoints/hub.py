"""Generators on the Hugging Face Hub."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from lamakit.checkpoints.loading import load_generator
from lamakit.checkpoints.saving import save_generator
from lamakit.generators import ResNetGenerator

__all__ = ["from_hub", "push_to_hub"]

_FILE = "model.safetensors"
_ADVICE = "the Hugging Face Hub needs the extra: pip install 'lamakit[hub]'"


def push_to_hub(module: ResNetGenerator, repo_id: str, *, private: bool = False) -> str:
    """The address of the commit that put the generator, as ``model.safetensors``, on the Hub.

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
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(_ADVICE) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _FILE
        save_generator(module, path)
        hub = HfApi()
        hub.create_repo(repo_id, private=private, exist_ok=True)
        commit = hub.upload_file(path_or_fileobj=path, path_in_repo=_FILE, repo_id=repo_id)
    return commit.commit_url


def from_hub(source: str | os.PathLike[str], *, revision: str | None = None) -> ResNetGenerator:
    """The generator that :func:`push_to_hub` wrote, in eval mode, rebuilt from its own file.

    Args:
        source: the repository, such as ``"me/my-lama"``, or a local folder: a clone of one.
        revision: the repository's branch, tag or commit; None for the main branch. A commit's whole
            hash names one content for ever.

    Raises:
        ValueError: as :func:`load_generator` does.
        OSError: if the Hub cannot be reached or has no such file.
        ImportError: if the extra ``hub`` is not installed.

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
    try:
        from huggingface_hub import hf_hub_download  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(_ADVICE) from error
    return load_generator(hf_hub_download(os.fspath(source), _FILE, revision=revision))
