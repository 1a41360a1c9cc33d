"""The published names of a network's tensors, and its weights under them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from torch import Tensor, nn

from lamakit._models import unwrap
from lamakit._weights import StoredTensor, check_state_dict, list_names
from lamakit.checkpoints.building import build_without_values
from lamakit.checkpoints.entries import CONVOLUTION, NORM, Entry, same_tensors
from lamakit.checkpoints.fourier_entries import fourier_entries
from lamakit.checkpoints.recognition import Recognised
from lamakit.checkpoints.regular_entries import regular_entries
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator
from lamakit.layers import FFCResidualBlock, ResidualBlock


def to_published_state_dict(model: nn.Module) -> dict[str, Tensor]:
    """Return a network's weights under the published names, Fourier branches apart again.

    Args:
        model: a generator as the factories of :mod:`lamakit.generators` make it, or a patch
            discriminator, with batch normalisation; wrappers such as DistributedDataParallel are
            looked through. Activations are not written: weights cannot tell them.

    Raises:
        TypeError: if it is another network.
        ValueError: if it has other blocks, borders or normalisations: no published names exist.

    Example:
        >>> from lamakit.generators import lama_fourier
        >>> state_dict = to_published_state_dict(lama_fourier(base_channels=8, num_blocks=1))
        >>> state_dict["model.5.conv1.ffc.convl2g.weight"].shape
        torch.Size([48, 16, 3, 3])
    """
    model = unwrap(model)
    entries = {entry.name: entry for entry in published_entries(model)}
    state_dict = model.state_dict()
    if entries.keys() != state_dict.keys():
        raise ValueError(
            "the network's tensors are not those of the published layout, which has batch "
            "normalisation everywhere and no spectral normalisation; one of them lacks "
            f"{list_names(state_dict.keys() ^ entries.keys())}"
        )
    published: dict[str, Tensor] = {}
    for name, entry in entries.items():
        published.update(entry.split(state_dict[name]))
    return published


def read_under_published_names(
    state_dict: Mapping[str, StoredTensor], recognised: Recognised | None
) -> dict[str, Tensor]:
    """Read a generator's tensors, and rename those that have this library's own names.

    Args:
        state_dict: the generator's tensors.
        recognised: what :func:`recognise_generator` says of them.

    Raises:
        ValueError: if tensors with own names are not a whole generator's.
    """
    if recognised is None or recognised.is_published:
        return {name: tensor.read() for name, tensor in state_dict.items()}
    model = build_without_values(recognised.factory)
    expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
    check_state_dict(state_dict, expected, recognised.description)
    published: dict[str, Tensor] = {}
    for entry in published_entries(model):
        published.update(entry.split(state_dict[entry.name].read()))
    return published


def published_entries(model: nn.Module) -> Iterable[Entry]:
    """Return, for each of the network's tensors, the published tensors that it is made of."""
    if not isinstance(model, (ResNetGenerator, PatchDiscriminator)):
        raise TypeError(
            "only a ResNetGenerator or a PatchDiscriminator has published names, got "
            f"{type(model).__name__}; save its state_dict() instead"
        )
    if isinstance(model, PatchDiscriminator):
        return _discriminator_entries(model)
    kinds = {type(block) for block in model.bottleneck}
    if kinds == {FFCResidualBlock}:
        return fourier_entries(model)
    if kinds == {ResidualBlock}:
        return regular_entries(model)
    raise ValueError(
        "only a generator whose blocks are all FFCResidualBlock or all ResidualBlock has published "
        f"names; got blocks of type {list_names({kind.__name__ for kind in kinds}) or 'none'}"
    )


def _discriminator_entries(model: PatchDiscriminator) -> Iterator[Entry]:
    """Yield the entries of a discriminator with batch normalisation and no spectral one."""
    for number in range(len(model.stages)):
        yield from same_tensors(f"stages.{number}.0.", f"model{number}.0.", CONVOLUTION)
        if number:
            yield from same_tensors(f"stages.{number}.1.", f"model{number}.1.", NORM)
    yield from same_tensors("head.", f"model{len(model.stages)}.0.", CONVOLUTION)
