"""Small undamaged files in every format, to be damaged."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from lamakit.checkpoints import save_generator, to_published_state_dict
from lamakit.deploy import export_torchscript
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier

__all__ = ["whole_files"]


def whole_files() -> dict[str, bytes]:
    """Return a file of each format by its name; the first two are Lightning checkpoints."""
    torch.manual_seed(0)
    model = lama_fourier(base_channels=4, num_blocks=1, num_downsamplings=1)
    content = lightning_checkpoint(to_published_state_dict(model))
    writers: dict[str, Callable[[Path], None]] = {
        "zip": lambda path: torch.save(content, path),
        "legacy": lambda path: torch.save(content, path, _use_new_zipfile_serialization=False),
        "safetensors": lambda path: save_generator(model, path),
        "torchscript": lambda path: export_torchscript(model, path),
    }
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, write in writers.items():
            path = Path(folder) / name
            write(path)
            files[name] = path.read_bytes()
    return files


def lightning_checkpoint(generator: dict[str, torch.Tensor]) -> dict[str, Any]:
    """Return a checkpoint as training writes it: each part under its prefix, and other state."""
    discriminator = to_published_state_dict(PatchDiscriminator(base_channels=2, num_layers=1))
    state_dict = {f"generator.{name}": value for name, value in generator.items()}
    state_dict |= {f"generator_average.{name}": value / 2 for name, value in generator.items()}
    state_dict |= {f"discriminator.{name}": value for name, value in discriminator.items()}
    state_dict |= {"loss_resnet_pl.impl.conv1.weight": torch.ones(2, 3)}
    state_dict |= {"val_evaluator.scores.lpips.x": torch.ones(1)}
    return {
        "state_dict": state_dict,
        "epoch": 3,
        "pytorch-lightning_version": "1.2.9",
        "callbacks": {Path: {"best_model_score": torch.tensor(0.5)}},  # keyed by a class
    }
