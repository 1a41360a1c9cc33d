"""Generators saved in safetensors files that tell how to rebuild them."""

from __future__ import annotations

import json
import os
from typing import Any, cast

from torch import nn

from lamakit._models import unwrap
from lamakit._weights.safetensors_files import write_safetensors
from lamakit.checkpoints.building import build_without_values
from lamakit.checkpoints.loading import OUTPUT_ACTIVATIONS
from lamakit.checkpoints.published_names import to_published_state_dict
from lamakit.checkpoints.recognition import Recognised, recognise_generator
from lamakit.generators.resnet_generator import Blocks
from lamakit.layers import FFC, split_channels

# What computes the same as another kind.
_SAME_KIND: dict[type[nn.Module], type[nn.Module]] = {
    Blocks: nn.Sequential,
    nn.SyncBatchNorm: nn.BatchNorm2d,
}


def save_generator(module: nn.Module, path: str | os.PathLike[str]) -> None:
    """Write a generator to a safetensors file that :func:`load_generator` rebuilds it from.

    The file holds the weights under their published names, which other tools know too. Its header
    holds ``configuration``, the arguments of ``create_generator`` as JSON, and
    ``output_activation``. Values keep their dtype; :func:`load_generator` makes them float32.

    Args:
        module: a generator as the factories of :mod:`lamakit.generators` make it, with batch
            normalisation, ReLU, and a sigmoid, a tanh or nothing at the end. Wrappers such as
            DistributedDataParallel, AveragedModel or a compiled module's are looked through.
        path: the file; its name usually ends in ``.safetensors``.

    Raises:
        ValueError: if the file could not tell how to rebuild the generator; the message names the
            part that prevents it.
        OSError: if the file cannot be written.
        ImportError: if the extra ``hub`` is not installed.

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
    module = unwrap(module)
    state_dict = to_published_state_dict(module)
    recognised = cast("Recognised", recognise_generator(state_dict))  # the names are known
    last = type(cast("Any", module).decoder[-1][-1])
    names = [name for name, known in OUTPUT_ACTIVATIONS.items() if known is last]
    if not names:
        raise ValueError(
            f"the output activation is a {last.__name__}, which a file cannot rebuild; only "
            f"{', '.join(sorted(OUTPUT_ACTIVATIONS))} have names"
        )
    rebuilt = build_without_values(lambda: recognised.factory(output_activation=last))
    _check_rebuilt(module, rebuilt)
    configuration = json.dumps(recognised.configuration)
    write_safetensors(
        state_dict, path, {"configuration": configuration, "output_activation": names[0]}
    )


def _check_rebuilt(module: nn.Module, rebuilt: nn.Module) -> None:
    """Raise unless both networks consist of the same modules with the same settings."""
    found, expected = (dict(network.named_modules()) for network in (module, rebuilt))
    for name in found.keys() | expected.keys():
        ours, theirs = (_described(parts.get(name)) for parts in (found, expected))
        if ours != theirs:
            raise ValueError(
                f"{name} is {ours[1]}, but a file would rebuild it as {theirs[1]}; save its "
                "state_dict() instead, and keep the code that builds it"
            )


def _described(part: nn.Module | None) -> tuple[type, str]:
    """Return a module's type and settings: equal where both compute the same."""
    if part is None:
        return type(None), "nothing"
    setting = part.extra_repr().replace("inplace=True", "")  # works the same
    if isinstance(part, FFC):  # several ratios may split the channels alike
        ratios = (part.in_channels, part.ratio_gin), (part.out_channels, part.ratio_gout)
        setting = f"{', '.join(str(split_channels(*pair)) for pair in ratios)} channels"
    kind = _SAME_KIND.get(type(part), type(part))
    return kind, f"{kind.__name__}({setting})"
