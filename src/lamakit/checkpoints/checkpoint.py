"""The contents of a file of weights: networks, losses and the rest, each under its own names."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from torch import Tensor
from typing_extensions import override

from lamakit._weights import list_names, open_weights
from lamakit._weights.weight_files import Format
from lamakit.checkpoints.parts import StoredStateDict, keys_before, split_parts
from lamakit.checkpoints.published_names import read_under_published_names
from lamakit.checkpoints.recognition import recognise_generator

StateDict: TypeAlias = dict[str, Tensor]


@dataclass(frozen=True, repr=False)
class Checkpoint:
    """The weights in a file, by the part they belong to; a part that the file lacks is empty.

    Printed, it tells how many tensors each part has, in ten lines.

    Args:
        format: "lightning", "state_dict" (by ``torch.save``), "safetensors" or "torchscript".
        generator: the generator's weights, under their published names.
        average: the moving average of them that training kept.
        discriminator: the discriminator's weights, under their published names.
        losses: the state dicts of the losses' networks by name, such as "loss_resnet_pl".
        others: what belongs to none of these, such as an evaluator's weights.
        configuration: what :func:`~lamakit.generators.create_generator` takes to build such a
            generator, its name included, as recognised from the weights; empty without a generator.
        output_activation: the generator's, "sigmoid", "tanh" or "identity", if the file tells it,
            which only files of :func:`save_generator` do; else empty.

    Example:
        >>> import torch
        >>> Checkpoint(format="state_dict", losses={"loss_pl": {"vgg.0.bias": torch.zeros(64)}})
        Checkpoint(
            format='state_dict',
            generator=none,
            average=none,
            discriminator=none,
            losses=loss_pl: 1 tensor of 64 values,
            others=none,
            configuration={},
            output_activation='',
        )
    """

    format: Format
    generator: StateDict = field(default_factory=dict)
    average: StateDict = field(default_factory=dict)
    discriminator: StateDict = field(default_factory=dict)
    losses: dict[str, StateDict] = field(default_factory=dict)
    others: StateDict = field(default_factory=dict)
    configuration: dict[str, Any] = field(default_factory=dict)
    output_activation: str = ""

    @override
    def __repr__(self) -> str:
        losses = [f"{name}: {_summary(part)}" for name, part in sorted(self.losses.items())]
        lines = {
            "format": repr(self.format),
            "generator": _summary(self.generator),
            "average": _summary(self.average),
            "discriminator": _summary(self.discriminator),
            "losses": list_names(losses) or "none",
            "others": _summary(self.others),
            "configuration": repr(self.configuration),
            "output_activation": repr(self.output_activation),
        }
        listed = "\n".join(f"    {name}={text}," for name, text in lines.items())
        return f"Checkpoint(\n{listed}\n)"


def read_checkpoint(path: str | os.PathLike[str], *, key: str | None = None) -> Checkpoint:
    """Read a file of published weights whole; nothing in it is imported or run.

    The file may be a Lightning checkpoint, a state dict by ``torch.save`` (in the zip format or the
    one before it), a safetensors file or a TorchScript archive. Its content tells which it is, not
    its name. All parts are read into memory: to get one network out of a large file, give the path
    to :func:`load_generator` or :func:`load_discriminator`, which read that network alone.

    Args:
        path: the file.
        key: where in the file the weights are, if it holds several, as in :func:`load_generator`.

    Raises:
        ValueError: if the file has none of these formats, is cut off or damaged, or holds no part
            of an inpainting network; the message tells what it is.
        TypeError: if an argument has the wrong type.
        OSError: if it cannot be opened.
        ImportError: if it is a safetensors file and the extra ``hub`` is not installed.

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
    with open_weights(path, key=key) as weights:
        parts = split_parts(weights.state_dict)
        others = parts.pop("others")
        if not any(parts.values()):
            keys = keys_before(others, "generator") | keys_before(others, "discriminator")
            advice = f"; give one of the keys {list_names(keys)} as key=" if keys else ""
            raise ValueError(
                f"{os.fspath(path)} holds no part of an inpainting network, whose tensors are "
                "called generator.model.1..., model.1... or model0.0...; got "
                f"{list_names(others, 3) or 'nothing'}{advice}"
            )
        generator, average = parts.pop("generator"), parts.pop("average")
        recognised_generator, recognised_average = map(recognise_generator, (generator, average))
        recognised = recognised_generator or recognised_average
        return Checkpoint(
            weights.format,
            read_under_published_names(generator, recognised_generator),
            read_under_published_names(average, recognised_average),
            _read(parts.pop("discriminator")),
            {name: _read(part) for name, part in parts.items()},
            _read(others),
            recognised.configuration if recognised else {},
            weights.metadata.get("output_activation", ""),
        )


def _read(part: StoredStateDict) -> StateDict:
    return {name: tensor.read() for name, tensor in part.items()}


def _summary(part: StateDict) -> str:
    values = sum(tensor.numel() for tensor in part.values())
    return f"{len(part)} tensor{'s' * (len(part) != 1)} of {values:,} values" if part else "none"
