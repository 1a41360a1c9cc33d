"""Networks loaded from files in four steps: read, recognise, build, fill.

1. *Read* (``open_weights``): names, shapes and dtypes of the tensors in the file; no values yet.
2. *Recognise* (``split_parts``, ``recognise_generator``): which tensors are the network's, and
   which network they belong to, from names and shapes alone.
3. *Build* (``build_without_values``): that network on the meta device, without memory.
4. *Fill* (``fill``): each of its tensors from the file, one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch
from torch import nn

from lamakit._registry import look_up
from lamakit._weights import Weights, list_names, open_weights
from lamakit.checkpoints.building import build_without_values
from lamakit.checkpoints.entries import own_entries
from lamakit.checkpoints.filling import fill
from lamakit.checkpoints.parts import split_parts
from lamakit.checkpoints.published_names import published_entries
from lamakit.checkpoints.recognition import recognise_discriminator, recognise_generator
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator

OUTPUT_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "identity": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}
"""The output activations that a file may name."""


def load_generator(
    path_or_state_dict: Weights,
    *,
    average: bool = False,
    output_activation: Callable[[], nn.Module] | None = None,
) -> ResNetGenerator:
    """Load a generator with published weights, in eval mode; they tell its configuration.

    Of a file, only the generator is read: a training checkpoint may be far larger than the memory.

    Args:
        path_or_state_dict: a file that :func:`read_checkpoint` reads, or a state dict. The names
            may be published ones of the Fourier (``model.1.ffc.convl2l.weight``, ...), the regular
            or the dilated family (``model.13.conv_block.1.weight``, ...), bare or behind the
            prefixes of training and of TorchScript, or those of ``ResNetGenerator.state_dict()``.
        average: whether to take the moving average of the weights (``generator_average.``) if
            training kept one. It is taken anyway if there is nothing else.
        output_activation: builds the module that maps the output to an image's range. None for the
            one that the file names, which only files of :func:`save_generator` do, or else a
            sigmoid, as every published LaMa has.

    Returns:
        A :class:`~lamakit.generators.ResNetGenerator` in float32 on the CPU, with the family,
        width, depth, channels, ratio and local Fourier unit of the weights.

    Raises:
        ValueError: if the file cannot be read or holds no state dict, or the weights are not a
            complete published generator; missing, unexpected and misshapen tensors are listed.
        OSError: if the file cannot be opened.
        ImportError: if it is a safetensors file and the extra ``hub`` is not installed.

    Example:
        >>> from lamakit.checkpoints import to_published_state_dict
        >>> from lamakit.generators import lama_fourier
        >>> state_dict = to_published_state_dict(lama_fourier(base_channels=8, num_blocks=2))
        >>> model = load_generator(state_dict)
        >>> len(model.bottleneck), model.training
        (2, False)

    Source:
        The module order of LaMa's released code. All other activations are ReLU, all paddings those
        of the family, and dilations the powers of two, as in every published model.
    """
    with open_weights(path_or_state_dict) as weights:
        parts = split_parts(weights.state_dict)
        if average and not parts["average"]:
            raise ValueError(
                "the weights hold no moving average, whose tensors are called generator_average."
                "model.1...; leave out average=True"
            )
        state_dict = parts["average"] if average or not parts["generator"] else parts["generator"]
        recognised = recognise_generator(state_dict)
        if recognised is None:
            examples = ("model.1.ffc.convl2l.weight", "model.13.conv_block.1.weight")
            found = state_dict or parts["others"] or parts["discriminator"]
            raise _not_recognised("generator", examples, found)
        name = weights.metadata.get("output_activation") or "sigmoid"
        named = look_up("output activation", name, OUTPUT_ACTIVATIONS)

        def activation() -> nn.Module:  # with real values: the state dict need not have them
            with torch.device("cpu"):
                return (output_activation or named)()

        model = build_without_values(lambda: recognised.factory(output_activation=activation))
        is_published = recognised.is_published
        entries = published_entries(model) if is_published else own_entries(model, state_dict)
        return fill(model, state_dict, entries, recognised.description)


def load_discriminator(path_or_state_dict: Weights) -> PatchDiscriminator:
    """Load a discriminator with published weights, in eval mode; they tell its configuration.

    Of a file, only the discriminator is read.

    Args:
        path_or_state_dict: a file that :func:`read_checkpoint` reads, or a state dict; with the
            published names (``model0.0.weight``, ...), bare or behind ``discriminator.``.

    Returns:
        A :class:`~lamakit.discriminators.PatchDiscriminator` in float32 on the CPU, with the
        channels, width and layers of the weights; call ``.train()`` to go on training it.

    Raises:
        ValueError: if the file cannot be read or holds no state dict, or the weights are not a
            complete published discriminator; missing, unexpected and misshapen tensors are listed.
        OSError: if the file cannot be opened.
        ImportError: if it is a safetensors file and the extra ``hub`` is not installed.

    Example:
        >>> from lamakit.checkpoints import to_published_state_dict
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> state_dict = to_published_state_dict(PatchDiscriminator(base_channels=8))
        >>> model = load_discriminator(state_dict)
        >>> len(model.stages), model.training
        (5, False)

    Source:
        The module order of LaMa's released code.
    """
    with open_weights(path_or_state_dict) as weights:
        parts = split_parts(weights.state_dict)
        factory = recognise_discriminator(parts["discriminator"])
        if factory is None:
            examples = ("model0.0.weight", "model1.0.weight")
            found = parts["discriminator"] or parts["others"] or parts["generator"]
            raise _not_recognised("discriminator", examples, found)
        model = build_without_values(factory)
        entries = published_entries(model)
        return fill(model, parts["discriminator"], entries, "a complete published discriminator")


def _not_recognised(kind: str, examples: tuple[str, ...], names: Collection[str]) -> ValueError:
    return ValueError(
        f"these are not the weights of a published {kind}, which has tensors such as "
        f"{' or '.join(examples)}; got {list_names(names, 3) or 'nothing'}; take off any "
        f"prefix of your own before {examples[0].split('.')[0]}"
    )
