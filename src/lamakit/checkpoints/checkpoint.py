"""What a file of weights holds: networks, losses and the rest, each under its own names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from torch import Tensor

from lamakit._weights import Weights, list_names, select_state_dict
from lamakit._weights.weight_files import File, read_file
from lamakit.checkpoints.networks import infer_generator, publish, settings

__all__ = ["Checkpoint", "Format", "read_checkpoint", "read_parts"]

Format: TypeAlias = Literal["lightning", "state_dict", "safetensors", "torchscript"]
StateDict: TypeAlias = dict[str, Tensor]

# Training writes a prefix for each part; TorchScript archives have the generator inside a module
# or two; a bare network has its own names, published or ours.
_PLACES = {
    r"(?:model\.)?generator\.(.+)": "generator",
    r"(?:model\.)?generator_average\.(.+)": "average",
    r"(?:model\.)?discriminator\.(.+)": "discriminator",
    r"(?:model\.)?((?:encoder|bottleneck|decoder)\..+)": "generator",
    r"(?:model\.)?(model\..+)": "generator",
    r"(model\d+\..+)": "discriminator",
}
_LOSS = re.compile(r"(loss_\w+)\.(.+)")


@dataclass(frozen=True)
class Checkpoint:
    """The weights that a file holds, by the part they belong to; a part it lacks is empty.

    Args:
        format: "lightning", "state_dict" (by ``torch.save``), "safetensors" or "torchscript".
        generator: the generator's weights, under their published names.
        average: the moving average of them that training kept.
        discriminator: the discriminator's weights, under their published names.
        losses: the state dicts of the losses' networks by name, such as "loss_resnet_pl".
        others: what belongs to none of these, such as an evaluator's weights.
        configuration: what :func:`~lamakit.generators.create_generator` takes to build such a
            generator, its name included, as inferred from the weights; empty without a generator.
        output_activation: the generator's, "sigmoid", "tanh" or "identity", where the file tells
            it, which only :func:`save_generator` writes; else empty.

    Example:
        >>> Checkpoint(format="state_dict").generator
        {}
    """

    format: Format
    generator: StateDict = field(default_factory=dict)
    average: StateDict = field(default_factory=dict)
    discriminator: StateDict = field(default_factory=dict)
    losses: dict[str, StateDict] = field(default_factory=dict)
    others: StateDict = field(default_factory=dict)
    configuration: dict[str, Any] = field(default_factory=dict)
    output_activation: str = ""


def read_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """What a file of published weights holds; nothing in it is imported or run.

    Read are Lightning checkpoints, state dicts that ``torch.save`` wrote (in the zip format and the
    one before it), safetensors files and TorchScript archives. What the file is, is seen from its
    content, not its name.

    Args:
        path: the file.

    Raises:
        ValueError: if the file is none of these, is cut off or damaged, or holds no part of an
            inpainting network; the message tells what it is.
        OSError: if it cannot be opened.
        ImportError: if it is a safetensors file and the extra ``safetensors`` is not installed.

    Example:
        >>> import tempfile
        >>> import torch
        >>> from lamakit.checkpoints import to_published_state_dict
        >>> from lamakit.generators import lama_fourier
        >>> path = tempfile.mkdtemp() + "/weights.pth"
        >>> torch.save(to_published_state_dict(lama_fourier(base_channels=8, num_blocks=2)), path)
        >>> checkpoint = read_checkpoint(path)
        >>> checkpoint.format, len(checkpoint.generator), len(checkpoint.discriminator)
        ('state_dict', 157, 0)
        >>> checkpoint.configuration["name"], checkpoint.configuration["num_blocks"]
        ('lama_fourier', 2)

    Source:
        The files of LaMa's released code and of the tools that use its weights.
    """
    checkpoint = read_parts(path)
    if not any(
        (checkpoint.generator, checkpoint.average, checkpoint.discriminator, checkpoint.losses)
    ):
        raise ValueError(
            f"{os.fspath(path)} holds no part of an inpainting network, whose tensors are called "
            "generator.model.1..., model.1... or model0.0...; got "
            f"{list_names(checkpoint.others, 3) or 'nothing'}"
        )
    return checkpoint


def read_parts(source: Weights) -> Checkpoint:
    """The parts of a file, or of what it would hold; there may be none."""
    if isinstance(source, Mapping):
        return _split(select_state_dict(source, "the mapping"), "state_dict", {})
    file = read_file(source)
    return _split(select_state_dict(file.content, os.fspath(source)), _format(file), file.metadata)


def _split(state_dict: StateDict, written_as: Format, metadata: Mapping[str, str]) -> Checkpoint:
    """The parts that the names tell."""
    parts: dict[str, StateDict] = {"generator": {}, "average": {}, "discriminator": {}}
    losses: dict[str, StateDict] = {}
    others: StateDict = {}
    for name, tensor in state_dict.items():
        loss = _LOSS.fullmatch(name)
        place, rest = _place(name)
        part = losses.setdefault(loss[1], {}) if loss else parts.get(place, others)
        key = loss[2] if loss else rest
        if key in part:
            raise ValueError(f"two tensors of the {place} are called {list_names([key])}")
        part[key] = tensor
    generator, average = publish(parts["generator"]), publish(parts["average"])
    factory = infer_generator(generator or average)
    return Checkpoint(
        written_as,
        generator,
        average,
        parts["discriminator"],
        losses,
        others,
        settings(factory) if factory else {},
        metadata.get("output_activation", ""),
    )


def _place(name: str) -> tuple[str, str]:
    """The part that a tensor of that name belongs to, and its name there."""
    for pattern, part in _PLACES.items():
        match = re.fullmatch(pattern, name)
        if match:
            return part, match[1]
    return "others", name


def _format(file: File) -> Format:
    if file.kind != "pickle":
        return file.kind
    is_lightning = isinstance(file.content, dict) and "pytorch-lightning_version" in file.content
    return "lightning" if is_lightning else "state_dict"
