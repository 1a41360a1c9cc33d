"""Published weights in our modules, and ours under the published names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from lamakit._weights import Weights, check_state_dict, list_names, read_state_dict
from lamakit.checkpoints import fourier, patch, regular
from lamakit.checkpoints.layout import Entry
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator
from lamakit.layers import FFCResidualBlock, ResidualBlock

__all__ = ["load_discriminator", "load_generator", "to_published_state_dict"]

Network = TypeVar("Network", ResNetGenerator, PatchDiscriminator)


def load_generator(
    path_or_state_dict: Weights, *, output_activation: Callable[[], nn.Module] = nn.Sigmoid
) -> ResNetGenerator:
    """A generator with published weights, in eval mode, its configuration inferred from them.

    Args:
        path_or_state_dict: a file that ``torch.save`` wrote of a state dict, or the state dict;
            in the published names of the Fourier (``model.1.ffc.convl2l.weight``, ...), the
            regular or the dilated family (``model.13.conv_block.1.weight``, ...).
        output_activation: builds what maps the output to an image's range: weights cannot tell.
            Every published LaMa has a sigmoid.

    Returns:
        A :class:`~lamakit.generators.ResNetGenerator` in float32 on the CPU, with the family,
        width, depth, channels, ratio and local Fourier unit of the weights.

    Raises:
        ValueError: if the file holds no state dict, or the weights are not a complete published
            generator; missing, unexpected and misshapen tensors are listed.
        OSError: if the file cannot be opened.

    Example:
        >>> from lamakit.generators import lama_fourier
        >>> state_dict = to_published_state_dict(lama_fourier(base_channels=8, num_blocks=2))
        >>> model = load_generator(state_dict)
        >>> len(model.bottleneck), model.training
        (2, False)

    Source:
        The module order of LaMa's released code. Files are read with ``weights_only=True``. All
        other activations are ReLU, all paddings those of the family, and dilations the powers of
        two, as in every published model.
    """
    state_dict = read_state_dict(path_or_state_dict)
    factory = fourier.infer(state_dict) or regular.infer(state_dict)
    if factory is None:
        raise _foreign(
            "generator", ("model.1.ffc.convl2l.weight", "model.13.conv_block.1.weight"), state_dict
        )

    def activation() -> nn.Module:  # a real one: all else gets its values from the state dict
        with torch.device("cpu"):
            return output_activation()

    with torch.device("meta"):
        model = factory(output_activation=activation)
    name = factory.func.__name__
    return _filled(model, state_dict, f"a complete published {name}")


def load_discriminator(path_or_state_dict: Weights) -> PatchDiscriminator:
    """A discriminator with published weights, in eval mode, its configuration inferred from them.

    Args:
        path_or_state_dict: a file that ``torch.save`` wrote of a state dict, or the state dict;
            in the published names (``model0.0.weight``, ...).

    Returns:
        A :class:`~lamakit.discriminators.PatchDiscriminator` in float32 on the CPU, with the
        channels, width and layers of the weights; call ``.train()`` to go on training it.

    Raises:
        ValueError: if the file holds no state dict, or the weights are not a complete published
            discriminator; missing, unexpected and misshapen tensors are listed.
        OSError: if the file cannot be opened.

    Example:
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> state_dict = to_published_state_dict(PatchDiscriminator(base_channels=8))
        >>> model = load_discriminator(state_dict)
        >>> len(model.stages), model.training
        (5, False)

    Source:
        The module order of LaMa's released code.
    """
    state_dict = read_state_dict(path_or_state_dict)
    factory = patch.infer(state_dict)
    if factory is None:
        raise _foreign("discriminator", ("model0.0.weight", "model1.0.weight"), state_dict)
    with torch.device("meta"):
        model = factory()
    return _filled(model, state_dict, "a complete published discriminator")


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
    entries = {entry.name: entry for entry in _layout(model)}
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


def _layout(model: ResNetGenerator | PatchDiscriminator) -> Iterable[Entry]:
    if isinstance(model, PatchDiscriminator):
        return patch.discriminator_layout(model)
    kinds = {type(block) for block in model.bottleneck}
    if kinds == {FFCResidualBlock}:
        return fourier.generator_layout(model)
    if kinds == {ResidualBlock}:
        return regular.generator_layout(model)
    raise ValueError(
        "only a generator whose blocks are all FFCResidualBlock or all ResidualBlock has published "
        f"names; got blocks of type {list_names({kind.__name__ for kind in kinds}) or 'none'}"
    )


def _filled(model: Network, state_dict: Mapping[str, Tensor], what: str) -> Network:
    """``model``, which has no values yet, with those of the published state dict, in eval mode."""
    layout, ours = list(_layout(model)), model.state_dict()
    expected = {name: part.shape for e in layout for name, part in e.split(ours[e.name]).items()}
    check_state_dict(state_dict, expected, what)
    weights = {entry.name: entry.join(state_dict).cpu() for entry in layout}
    weights = {k: v.float() if v.is_floating_point() else v for k, v in weights.items()}
    model.load_state_dict(weights, strict=False, assign=True)  # only the activation may lack some
    return model.eval()


def _foreign(kind: str, examples: tuple[str, ...], state_dict: Mapping[str, Tensor]) -> ValueError:
    return ValueError(
        f"these are not the weights of a published {kind}, which has tensors such as "
        f"{' or '.join(examples)}; got {list_names(state_dict, 3) or 'nothing'}; take off any "
        f"prefix before {examples[0].split('.')[0]}"
    )
