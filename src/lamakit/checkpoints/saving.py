"""A generator in a safetensors file that says by itself what it is."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import cast

from torch import nn

from lamakit._weights.safetensors_files import write_safetensors
from lamakit.checkpoints.loading import OUTPUT_ACTIVATIONS, to_published_state_dict
from lamakit.checkpoints.networks import build, infer_generator, settings
from lamakit.generators import ResNetGenerator
from lamakit.layers import FFC, split_channels

__all__ = ["save_generator"]


def save_generator(module: ResNetGenerator, path: str | os.PathLike[str]) -> None:
    """Write a generator to a safetensors file that :func:`load_generator` rebuilds it from.

    The file holds the weights under their published names, which other tools know too, and in its
    header the configuration: ``configuration``, what ``create_generator`` takes, as JSON, and
    ``output_activation``. Values stay in their dtype; :func:`load_generator` gives float32.

    Args:
        module: a generator as the factories of :mod:`lamakit.generators` make it, with batch
            normalisation, ReLU, and a sigmoid, a tanh or nothing at the end.
        path: the file, by custom ``*.safetensors``.

    Raises:
        ValueError: if the file could not tell how to rebuild the generator; the message names the
            part that is in the way.
        OSError: if the file cannot be written.
        ImportError: if the extra ``safetensors`` is not installed.

    Example:
        >>> import tempfile
        >>> from torch import nn
        >>> from lamakit.checkpoints import load_generator
        >>> from lamakit.generators import lama_regular
        >>> path = tempfile.mkdtemp() + "/mine.safetensors"
        >>> save_generator(lama_regular(base_channels=8, output_activation=nn.Tanh), path)
        >>> load_generator(path).decoder[-1][-1]
        Tanh()
    """
    state_dict = to_published_state_dict(module)
    factory = cast("partial[ResNetGenerator]", infer_generator(state_dict))  # the names are known
    last = type(module.decoder[-1][-1])  # type: ignore[index]
    names = [name for name, known in OUTPUT_ACTIVATIONS.items() if known is last]
    if not names:
        raise ValueError(
            f"the output activation is a {last.__name__}, which a file cannot rebuild; only "
            f"{', '.join(sorted(OUTPUT_ACTIVATIONS))} have names"
        )
    _check_rebuilt(module, build(lambda: factory(output_activation=last)))
    configuration = json.dumps(settings(factory))
    write_safetensors(
        state_dict, path, {"configuration": configuration, "output_activation": names[0]}
    )


def _check_rebuilt(module: nn.Module, rebuilt: nn.Module) -> None:
    """Raise unless both consist of the same modules with the same settings."""
    found, expected = (dict(network.named_modules()) for network in (module, rebuilt))
    for name in found.keys() | expected.keys():
        ours, theirs = (_described(parts.get(name)) for parts in (found, expected))
        if ours != theirs:
            raise ValueError(
                f"{name} is {ours[1]}, but a file would rebuild it as {theirs[1]}; save its "
                "state_dict() instead, and keep the code that builds it"
            )


def _described(part: nn.Module | None) -> tuple[type, str]:
    if part is None:
        return type(None), "nothing"
    setting = part.extra_repr().replace("inplace=True", "")  # computes the same
    if isinstance(part, FFC):  # other ratios may split the channels alike
        ratios = (part.in_channels, part.ratio_gin), (part.out_channels, part.ratio_gout)
        setting = f"{', '.join(str(split_channels(*pair)) for pair in ratios)} channels"
    return type(part), f"{type(part).__name__}({setting})"
