"""Safetensors files: by the library, as an extra."""

from __future__ import annotations

import os
from collections.abc import Mapping

from torch import Tensor

__all__ = ["read_safetensors", "write_safetensors"]

_ADVICE = "safetensors files need the extra: pip install 'lamakit[safetensors]'"


def read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors in the file by name, and what its header says beside them."""
    try:
        from safetensors import safe_open  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(_ADVICE) from error
    with safe_open(path, framework="pt", device="cpu") as file:
        names = file.keys()
        # Copies: what the library hands out may be the file itself, which may change or go.
        return {name: file.get_tensor(name).clone() for name in names}, file.metadata() or {}


def write_safetensors(
    tensors: Mapping[str, Tensor], path: str | os.PathLike[str], metadata: dict[str, str]
) -> None:
    """Write the tensors, and text beside them, to the file."""
    try:
        from safetensors.torch import save_file  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(_ADVICE) from error
    save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, path, metadata)
