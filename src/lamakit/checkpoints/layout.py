"""Which published tensors each of our tensors is made of: a table, read in both directions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.generators import ResNetGenerator

__all__ = [
    "CONVOLUTION",
    "NORM",
    "Entry",
    "SpectralEntry",
    "decoder_layout",
    "downsampling_padding_modes",
    "indices",
    "same",
    "side",
]

CONVOLUTION = ("weight", "bias")
NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


@dataclass(frozen=True)
class Entry:
    """One tensor of ours and the published tensors that, concatenated along ``dim``, make it."""

    name: str
    published: tuple[str, ...]
    sizes: tuple[int, ...]
    dim: int = 0

    def join(self, state_dict: Mapping[str, Tensor]) -> Tensor:
        """Our tensor from the published ones; of a counter's copies, the first."""
        pieces = [state_dict[name] for name in self.published]
        return pieces[0].clone() if pieces[0].ndim == 0 else torch.cat(pieces, self.dim)

    def split(self, tensor: Tensor) -> dict[str, Tensor]:
        """The published tensors from ours."""
        if len(self.published) == 1 or tensor.ndim == 0:
            return {name: tensor.clone() for name in self.published}
        pieces = tensor.split(self.sizes, self.dim)
        return {name: piece.clone() for name, piece in zip(self.published, pieces, strict=True)}


@dataclass(frozen=True)
class SpectralEntry(Entry):
    """A tensor over the channels of a spectrum, whose order differs along some dimensions.

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


def same(name: str, published: str, leaves: tuple[str, ...]) -> Iterator[Entry]:
    """Tensors that are one and the same; ``name`` and ``published`` are their prefixes."""
    for leaf in leaves:
        yield Entry(name + leaf, (published + leaf,), ())


def decoder_layout(model: ResNetGenerator, index: int) -> Iterator[Entry]:
    """The decoder, the same in every family; its first published module has that index."""
    *stages, _ = model.decoder
    for level in range(len(stages)):
        yield from same(f"decoder.{level}.0.", f"model.{index}.", CONVOLUTION)
        yield from same(f"decoder.{level}.1.", f"model.{index + 1}.", NORM)
        index += 3
    yield from same(f"decoder.{len(stages)}.0.", f"model.{index + 1}.", CONVOLUTION)


def downsampling_padding_modes(model: ResNetGenerator) -> set[str]:
    """The borders of the strided convolutions, which names and shapes of weights do not tell."""
    _, *stages = model.encoder
    parts = (part for stage in stages for part in stage.modules())
    return {part.padding_mode for part in parts if isinstance(part, nn.Conv2d)}


def indices(names: Iterable[str], pattern: str, *, most: int = 300) -> list[int]:
    """The numbers in the pattern's first group, from every name that matches it whole.

    Raises:
        ValueError: if one is above ``most``, far beyond any published network's, which would take
            long to build.
    """
    matches = (re.fullmatch(pattern, name) for name in names)
    found = [match[1] for match in matches if match]
    if any(len(digits) > 3 or int(digits) > most for digits in found):
        raise ValueError(
            f"the weights name a part with a number above {most}, which no published network has"
        )
    return [int(digits) for digits in found]


def side(state_dict: Mapping[str, Tensor], dim: int, *names: str) -> int:
    """How long that dimension is in the first of these tensors that is there; 0 if none is."""
    shapes = (state_dict[name].shape for name in names if name in state_dict)
    return next((shape[dim] for shape in shapes if len(shape) > dim), 0)
