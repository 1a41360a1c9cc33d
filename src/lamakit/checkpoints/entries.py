"""Entries of a table of names: one tensor of ours, and the published tensors it is made of.

An entry converts in both directions: ``join`` makes our tensor, ``split`` the published ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.generators import ResNetGenerator

CONVOLUTION = ("weight", "bias")
NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


@dataclass(frozen=True)
class Entry:
    """One tensor of ours, a concatenation of published ones.

    Args:
        name: its name in our module.
        published: the names of the published tensors.
        sizes: their sizes along ``dim``; empty if there is one tensor.
        dim: the dimension of the concatenation.
    """

    name: str
    published: tuple[str, ...]
    sizes: tuple[int, ...]
    dim: int = 0

    def join(self, state_dict: Mapping[str, Tensor]) -> Tensor:
        """Return our tensor, made of the published ones; of copies of a counter, the first."""
        pieces = [state_dict[name] for name in self.published]
        return pieces[0].clone() if pieces[0].ndim == 0 else torch.cat(pieces, self.dim)

    def split(self, tensor: Tensor) -> dict[str, Tensor]:
        """Return the published tensors, made of ours."""
        if len(self.published) == 1 or tensor.ndim == 0:
            return {name: tensor.clone() for name in self.published}
        pieces = tensor.split(self.sizes, self.dim)
        return {name: piece.clone() for name, piece in zip(self.published, pieces, strict=True)}


@dataclass(frozen=True)
class SpectralEntry(Entry):
    """A tensor over the channels of a spectrum, whose order differs along the dimensions ``dims``.

    The published order is re0, im0, re1, im1, ...; ours is re0, re1, ..., im0, im1, ...
    """

    dims: tuple[int, ...] = (0,)

    @override
    def join(self, state_dict: Mapping[str, Tensor]) -> Tensor:
        return self._reordered(super().join(state_dict), (-1, 2))

    @override
    def split(self, tensor: Tensor) -> dict[str, Tensor]:
        return super().split(self._reordered(tensor, (2, -1)))

    def _reordered(self, tensor: Tensor, pairs: tuple[int, int]) -> Tensor:
        for dim in self.dims if tensor.ndim else ():  # a counter has no channels
            tensor = tensor.unflatten(dim, pairs).transpose(dim, dim + 1).flatten(dim, dim + 1)
        return tensor


def same_tensors(name: str, published: str, leaves: tuple[str, ...]) -> Iterator[Entry]:
    """Yield entries of tensors that differ only in the prefixes of their names."""
    for leaf in leaves:
        yield Entry(name + leaf, (published + leaf,), ())


def own_entries(model: nn.Module, state_dict: Collection[str]) -> list[Entry]:
    """Return the entries of a network on the meta device whose tensors have its own names.

    An output activation may hold real tensors: they keep their values if ``state_dict`` has none.
    """
    tensors = model.state_dict().items()
    return [Entry(k, (k,), ()) for k, tensor in tensors if tensor.is_meta or k in state_dict]


def decoder_entries(model: ResNetGenerator, index: int) -> Iterator[Entry]:
    """Yield the entries of the decoder; its first published module has that index."""
    *stages, _ = model.decoder
    for level in range(len(stages)):
        yield from same_tensors(f"decoder.{level}.0.", f"model.{index}.", CONVOLUTION)
        yield from same_tensors(f"decoder.{level}.1.", f"model.{index + 1}.", NORM)
        index += 3
    yield from same_tensors(f"decoder.{len(stages)}.0.", f"model.{index + 1}.", CONVOLUTION)


def downsampling_padding_modes(model: ResNetGenerator) -> set[str]:
    """Return the padding modes of the strided convolutions, which no name or shape tells."""
    _, *stages = model.encoder
    parts = (part for stage in stages for part in stage.modules())
    return {part.padding_mode for part in parts if isinstance(part, nn.Conv2d)}
