"""The same masks anywhere: by item, whatever the number of workers and ranks."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_size
from lamakit.masks.sampler import MaskSampler, check_sampler

__all__ = ["FixedMasks", "generator_for_index"]

_WORD = 2**32


def generator_for_index(seed: int, epoch: int, index: int) -> torch.Generator:
    """A generator for one item of a data set in one epoch.

    It depends on nothing else: not on the worker or the rank that asks, nor on what was drawn
    before. Within an epoch no two of 2**32 items share a generator.

    Args:
        seed: of the whole training, at least 0.
        epoch: counted from 0; 0 throughout gives the same masks in every epoch.
        index: the item's number in the data set, at least 0.

    Returns:
        A fresh generator on the CPU.

    Raises:
        ValueError: if an argument is negative.

    Example:
        >>> from lamakit.masks import thick
        >>> mask = thick(256)((256, 256), generator=generator_for_index(seed=0, epoch=3, index=41))
        >>> again = thick(256)((256, 256), generator=generator_for_index(seed=0, epoch=3, index=41))
        >>> torch.equal(mask, again)
        True
    """
    for name, value in (("seed", seed), ("epoch", epoch), ("index", index)):
        check_at_least(name, value, 0)
    # torch keeps 32 bits of a seed. Each step below maps 32 bits one to one, so items of an epoch
    # never meet; two keys, one before and one after a step, keep epochs from being shifted copies.
    first = _mix(_mix(seed % _WORD) ^ (epoch % _WORD) ^ _mix(seed // _WORD + 1))
    second = _mix(first ^ 0x9E3779B9)
    return torch.Generator().manual_seed(_mix(_mix(index % _WORD ^ first) ^ second))


def _mix(word: int) -> int:
    """Another 32-bit number for each, in which every bit depends on every bit.

    It is the finaliser of MurmurHash3 (Austin Appleby).
    """
    word %= _WORD
    word = (word ^ word >> 16) * 0x85EBCA6B % _WORD
    word = (word ^ word >> 13) * 0xC2B2AE35 % _WORD
    return word ^ word >> 16


@dataclass(frozen=True, kw_only=True)
class FixedMasks:
    """A sequence of masks that are always the same, for evaluation: drawn, not stored.

    Mask ``i`` is drawn with ``generator_for_index(seed, 0, i)``, so any of them can be had alone, and a
    sequence with more masks begins with the same ones.

    Args:
        sampler: draws the masks.
        count: how many masks, at least 0.
        size: (H, W) of the masks in pixels.
        seed: at least 0.

    Shape:
        - Items: (1, H, W)

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if ``sampler`` is not a mask sampler.
        IndexError: if there is no mask of that number.

    Example:
        >>> from lamakit.masks import thin
        >>> masks = FixedMasks(sampler=thin(256), count=100, size=(256, 256))
        >>> len(masks), torch.equal(masks[7], masks[7])
        (100, True)
    """

    sampler: MaskSampler
    count: int
    size: tuple[int, int]
    seed: int = 0

    def __post_init__(self) -> None:
        check_sampler("sampler", self.sampler)
        check_at_least("count", self.count, 0)
        check_size("size", self.size)
        check_at_least("seed", self.seed, 0)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Tensor:
        number = range(self.count)[operator.index(index)]  # an IndexError, or a negative one's
        return self.sampler(self.size, generator=generator_for_index(self.seed, 0, number))

    def __iter__(self) -> Iterator[Tensor]:
        return (self[index] for index in range(self.count))
