"""Networks loaded from files in four steps: read, recognise, build, fill.

1. *Read* (``open_weights``): names, shapes and dtypes of the tensors in the file; no values yet.
2. *Recognise* (``split_parts``, ``recognise_generator``): which tensors are the network's, and
   which network they belong to, from names and shapes alone.
3. *Build* (``build_without_values``): that network on the meta device, without memory.
4. *Fill* (``fill``): each of its tensors from the file, one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import nn

from lamakit._registry import look_up
from lamakit._weights import Weights, list_names, open_weights
from lamakit.checkpoints.building import build_without_values
from lamakit.checkpoints.entries import own_entries
from lamakit.checkpoints.filling import fill
from lamakit.checkpoints.parts import Network, StoredStateDict, keys_before, split_parts_around
from lamakit.checkpoints.published_names import published_entries
from lamakit.checkpoints.recognition import recognise_discriminator, recognise_generator
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator
from lamakit.layers.layer_types import make_activation

OUTPUT_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "identity": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}
"""The output activations that a file may name."""


def load_generator(
    path_or_state_dict: Weights,
    *,
    key: str | None = None,
    average: bool = False,
    output_activation: Callable[[], nn.Module] | None = None,
    device: torch.device | str = "cpu",
) -> ResNetGenerator:
    """Load a generator with published weights, in eval mode; they tell its configuration.

    Of a file, only the generator is read: a training checkpoint may be far larger than the memory.

    Args:
        path_or_state_dict: a file that :func:`read_checkpoint` reads, or a state dict. The names
            may be published ones of the Fourier (``model.1.ffc.convl2l.weight``, ...), the regular
            or the dilated family (``model.13.conv_block.1.weight``, ...), or those of
            ``ResNetGenerator.state_dict()``. They may stand behind the prefixes of training, of
            TorchScript and of wrappers around the model (``module.``, ``_orig_mod.``).
        key: where in the file the generator is, if it holds several: the name of an entry, as
            ``"g_ema"`` of ``{"g": ..., "g_ema": ...}``, or what stands before its tensors' names,
            as ``"net"`` of ``net.model.1...``.
        average: whether to take the moving average of the weights (``generator_average.``) if
            training kept one. It is taken anyway if there is nothing else.
        output_activation: builds the module that maps the output to an image's range. None for the
            one that the file names, which only files of :func:`save_generator` do, or else a
            sigmoid, as every published LaMa has.
        device: where the generator goes, such as ``"cuda"``.

    Returns:
        A :class:`~lamakit.generators.ResNetGenerator` in float32, with the family, width, depth,
        channels, ratio and local Fourier unit of the weights.

    Raises:
        ValueError: if the file cannot be read or holds no state dict, or the weights are not a
            complete published generator, or one of several; what is missing, unexpected or
            misshapen, and the keys to choose from, are listed.
        TypeError: if an argument has the wrong type, such as an activation that is built already.
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
    device = torch.device(device)
    chosen = None if output_activation is None else _activation(output_activation)
    with open_weights(path_or_state_dict, key=key) as weights:
        parts = split_parts_around(weights.state_dict, "generator")
        if average and not parts["average"]:
            raise ValueError(
                "the weights hold no moving average, whose tensors are called generator_average."
                "model.1...; leave out average=True, or name the entry that holds it as key="
            )
        state_dict = parts["average"] if average or not parts["generator"] else parts["generator"]
        recognised = recognise_generator(state_dict)
        if recognised is None:
            raise _not_recognised("generator", parts)
        name = weights.metadata.get("output_activation") or "sigmoid"
        named = look_up("output activation", name, OUTPUT_ACTIVATIONS)
        last = _activation(named) if chosen is None else chosen
        model = build_without_values(lambda: recognised.factory(output_activation=lambda: last))
        is_published = recognised.is_published
        entries = published_entries(model) if is_published else own_entries(model, state_dict)
        return fill(model, state_dict, entries, recognised.description).to(device)


def load_discriminator(
    path_or_state_dict: Weights,
    *,
    key: str | None = None,
    device: torch.device | str = "cpu",
) -> PatchDiscriminator:
    """Load a discriminator with published weights, in eval mode; they tell its configuration.

    Of a file, only the discriminator is read.

    Args:
        path_or_state_dict: a file that :func:`read_checkpoint` reads, or a state dict; with the
            published names (``model0.0.weight``, ...) or those of
            ``PatchDiscriminator.state_dict()``, bare or behind ``discriminator.`` and the prefixes
            of wrappers.
        key: where in the file the discriminator is, if it holds several, as in
            :func:`load_generator`.
        device: where the discriminator goes, such as ``"cuda"``.

    Returns:
        A :class:`~lamakit.discriminators.PatchDiscriminator` in float32, with the channels, width
        and layers of the weights; call ``.train()`` to go on training it.

    Raises:
        ValueError: if the file cannot be read or holds no state dict, or the weights are not a
            complete published discriminator, or one of several; what is missing, unexpected or
            misshapen, and the keys to choose from, are listed.
        TypeError: if an argument has the wrong type.
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
    device = torch.device(device)
    with open_weights(path_or_state_dict, key=key) as weights:
        parts = split_parts_around(weights.state_dict, "discriminator")
        state_dict = parts["discriminator"]
        factory = recognise_discriminator(state_dict)
        if factory is None:
            raise _not_recognised("discriminator", parts)
        model = build_without_values(factory)
        if any(name.startswith("stages.") for name in state_dict):
            entries, what = own_entries(model, state_dict), "a complete PatchDiscriminator"
        else:
            entries, what = [*published_entries(model)], "a complete published discriminator"
        return fill(model, state_dict, entries, what).to(device)


def _activation(build: Callable[[], nn.Module]) -> nn.Module:
    """Build the output activation with real values: a state dict need not have them."""
    with torch.device("cpu"):
        activation = make_activation(build, "output_activation")
    if not isinstance(activation, nn.Module):
        raise TypeError(
            f"output_activation must build a module, as nn.Tanh does, not {activation!r:.80}"
        )
    return activation


_EXAMPLES = {
    "generator": "model.1.ffc.convl2l.weight or model.13.conv_block.1.weight",
    "discriminator": "model0.0.weight or model1.0.weight",
}


def _not_recognised(network: Network, parts: Mapping[str, StoredStateDict]) -> ValueError:
    """Return the error for parts without that network, with the keys that may be meant."""
    found = next((part for part in (parts[network], parts["others"], *parts.values()) if part), {})
    keys = keys_before(parts["others"], network)
    advice = (
        f"such tensors are under the keys {list_names(keys)}: give one of them as key="
        if keys
        else "if they are behind a prefix of your own, give it as key="
    )
    return ValueError(
        f"these are not the weights of a published {network}, which has tensors such as "
        f"{_EXAMPLES[network]}; got {list_names(found, 3) or 'nothing'}; {advice}"
    )
