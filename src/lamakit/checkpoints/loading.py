"""Published weights in our modules, and ours under the published names."""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch
from torch import Tensor, nn

from lamakit._registry import look_up
from lamakit._weights import Weights, list_names
from lamakit.checkpoints import patch_layout
from lamakit.checkpoints.checkpoint import read_parts
from lamakit.checkpoints.networks import build, fill, infer_generator, network_layout
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator

__all__ = [
    "OUTPUT_ACTIVATIONS",
    "load_discriminator",
    "load_generator",
    "to_published_state_dict",
]

OUTPUT_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "identity": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}
"""What a file may name as its generator's last activation."""


def load_generator(
    path_or_state_dict: Weights,
    *,
    average: bool = False,
    output_activation: Callable[[], nn.Module] | None = None,
) -> ResNetGenerator:
    """A generator with published weights, in eval mode, its configuration inferred from them.

    Args:
        path_or_state_dict: a file that :func:`read_checkpoint` reads, or a state dict. The names
            may be published ones of the Fourier (``model.1.ffc.convl2l.weight``, ...), the regular
            or the dilated family (``model.13.conv_block.1.weight``, ...), bare or behind the
            prefixes of training and of TorchScript, or those of ``ResNetGenerator.state_dict()``.
        average: whether to take the moving average of the weights (``generator_average.``) where
            training kept one. It is taken anyway where there is nothing else.
        output_activation: builds what maps the output to an image's range. None for what the file
            says, which only :func:`save_generator` writes, or else a sigmoid, as every published
            LaMa has.

    Returns:
        A :class:`~lamakit.generators.ResNetGenerator` in float32 on the CPU, with the family,
        width, depth, channels, ratio and local Fourier unit of the weights.

    Raises:
        ValueError: if the file cannot be read or holds no state dict, or the weights are not a
            complete published generator; missing, unexpected and misshapen tensors are listed.
        OSError: if the file cannot be opened.
        ImportError: if it is a safetensors file and the extra ``safetensors`` is not installed.

    Example:
        >>> from lamakit.generators import lama_fourier
        >>> state_dict = to_published_state_dict(lama_fourier(base_channels=8, num_blocks=2))
        >>> model = load_generator(state_dict)
        >>> len(model.bottleneck), model.training
        (2, False)

    Source:
        The module order of LaMa's released code. All other activations are ReLU, all paddings those
        of the family, and dilations the powers of two, as in every published model.
    """
    parts = read_parts(path_or_state_dict)
    if average and not parts.average:
        raise ValueError(
            "the weights hold no moving average, whose tensors are called generator_average.model"
            ".1...; leave out average=True"
        )
    state_dict = parts.average if average or not parts.generator else parts.generator
    factory = infer_generator(state_dict)
    if factory is None:
        examples = ("model.1.ffc.convl2l.weight", "model.13.conv_block.1.weight")
        raise _foreign("generator", examples, state_dict or parts.others or parts.discriminator)
    named = look_up("output activation", parts.output_activation or "sigmoid", OUTPUT_ACTIVATIONS)

    def activation() -> nn.Module:  # a real one: all else gets its values from the state dict
        with torch.device("cpu"):
            return (output_activation or named)()

    def network() -> ResNetGenerator:
        return factory(output_activation=activation)

    return fill(build(network), state_dict, f"a complete published {factory.func.__name__}")


def load_discriminator(path_or_state_dict: Weights) -> PatchDiscriminator:
    """A discriminator with published weights, in eval mode, its configuration inferred from them.

    Args:
        path_or_state_dict: a file that :func:`read_checkpoint` reads, or a state dict; in the
            published names (``model0.0.weight``, ...), bare or behind ``discriminator.``.

    Returns:
        A :class:`~lamakit.discriminators.PatchDiscriminator` in float32 on the CPU, with the
        channels, width and layers of the weights; call ``.train()`` to go on training it.

    Raises:
        ValueError: if the file cannot be read or holds no state dict, or the weights are not a
            complete published discriminator; missing, unexpected and misshapen tensors are listed.
        OSError: if the file cannot be opened.
        ImportError: if it is a safetensors file and the extra ``safetensors`` is not installed.

    Example:
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> state_dict = to_published_state_dict(PatchDiscriminator(base_channels=8))
        >>> model = load_discriminator(state_dict)
        >>> len(model.stages), model.training
        (5, False)

    Source:
        The module order of LaMa's released code.
    """
    parts = read_parts(path_or_state_dict)
    factory = patch_layout.infer(parts.discriminator)
    if factory is None:
        examples = ("model0.0.weight", "model1.0.weight")
        found = parts.discriminator or parts.others or parts.generator
        raise _foreign("discriminator", examples, found)
    return fill(build(factory), parts.discriminator, "a complete published discriminator")


def to_published_state_dict(model: ResNetGenerator | PatchDiscriminator) -> dict[str, Tensor]:
    """A network's weights under the published names, Fourier branches apart again.

    Args:
        model: a generator as the factories of :mod:`lamakit.generators` make it, or a patch
            discriminator, with batch normalisation. Activations are not written: weights cannot
            tell them.

    Raises:
        ValueError: if it has other blocks, borders or normalisations: no published names exist.

    Example:
        >>> from lamakit.generators import lama_fourier
        >>> state_dict = to_published_state_dict(lama_fourier(base_channels=8, num_blocks=1))
        >>> state_dict["model.5.conv1.ffc.convl2g.weight"].shape
        torch.Size([48, 16, 3, 3])
    """
    ours = model.state_dict()
    entries = {entry.name: entry for entry in network_layout(model)}
    if entries.keys() != ours.keys():
        raise ValueError(
            "the network's tensors are not those of the published layout, which has batch "
            "normalisation everywhere and no spectral normalisation; one of them lacks "
            f"{list_names(ours.keys() ^ entries.keys())}"
        )
    published: dict[str, Tensor] = {}
    for name, entry in entries.items():
        published.update(entry.split(ours[name]))
    return published


def _foreign(kind: str, examples: tuple[str, ...], names: Collection[str]) -> ValueError:
    return ValueError(
        f"these are not the weights of a published {kind}, which has tensors such as "
        f"{' or '.join(examples)}; got {list_names(names, 3) or 'nothing'}; take off any "
        f"prefix of your own before {examples[0].split('.')[0]}"
    )
