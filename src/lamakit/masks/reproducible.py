"""Masks that depend only on seed, epoch and index, not on the number of workers or ranks."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from typing import SupportsIndex

import torch
from torch import Tensor

from lamakit._checks import check_at_least
from lamakit.masks.sampler import MaskSampler, as_size, check_sampler

_WORD = 2**32


def generator_for_index(
    seed: SupportsIndex, epoch: SupportsIndex, index: SupportsIndex | str
) -> torch.Generator:
    """Return a generator for one item of a data set in one epoch.

    Its random numbers depend on these three arguments only: neither on the worker or rank that
    asks, nor on what was drawn before. Within an epoch, no two of 2**32 numbers share a generator.

    Integers of numpy and integer tensors with one element are as good as an int.

    Args:
        seed: of the whole training, at least 0.
        epoch: counted from 0; always 0 gives the same masks in every epoch.
        index: the item's number in the data set, at least 0, or its name, such as its key in a
            tar file. A name is hashed to 32 bits; so of a million names, about a hundred pairs
            share a generator.

    Returns:
        A fresh generator on the CPU.

    Raises:
        ValueError: if an argument is negative.
        TypeError: if one is no integer, and no name either.

    Example:
        >>> from lamakit.masks import thick
        >>> mask = thick(256)((256, 256), generator=generator_for_index(seed=0, epoch=3, index=41))
        >>> again = thick(256)((256, 256), generator=generator_for_index(seed=0, epoch=3, index=41))
        >>> torch.equal(mask, again)
        True
        >>> by_name = generator_for_index(seed=0, epoch=3, index="photos/0041")
    """
    if isinstance(index, str):
        # surrogatepass: file names may hold bytes that are no text
        name_bytes = index.encode("utf-8", "surrogatepass")
        index = int.from_bytes(hashlib.blake2b(name_bytes, digest_size=4).digest(), "big")
    seed, epoch = _number("seed", seed), _number("epoch", epoch)
    index = _number("index", index, " or a str")
    # The idea: a counter-based random number. Instead of drawing the items' seeds one after
    # another, the index is encrypted with two keys that are made from seed and epoch:
    #
    #     seed, epoch -> first key, second key
    #     index -> xor first key -> mix -> xor second key -> mix -> the generator's seed
    #
    # torch uses 32 bits of a seed. Mixing and xor map 32 bits one to one, so different indices of
    # an epoch have different seeds. With one key alone, two epochs could have the same seeds in
    # another order: index ^ key takes the same values for every key.
    first_key = _mix(_mix(seed % _WORD) ^ (epoch % _WORD) ^ _mix(seed // _WORD + 1))
    second_key = _mix(first_key ^ 0x9E3779B9)
    return torch.Generator().manual_seed(_mix(_mix(index % _WORD ^ first_key) ^ second_key))


def _number(name: str, value: SupportsIndex, or_else: str = "") -> int:
    """Return an integer of any kind as an int, or raise unless it is one of at least 0."""
    number = None
    with suppress(TypeError):
        number = operator.index(value)
    if number is None or isinstance(value, bool):
        raise TypeError(
            f"{name} must be an int{or_else}, got {value!r:.60} of type {type(value).__name__}"
        )
    check_at_least(name, number, 0)
    return number


def _mix(word: int) -> int:
    """Map 32 bits one to one, so that every bit of the result depends on every bit given.

    This is the finaliser of MurmurHash3 (Austin Appleby).
    """
    word %= _WORD
    word = (word ^ word >> 16) * 0x85EBCA6B % _WORD
    word = (word ^ word >> 13) * 0xC2B2AE35 % _WORD
    return word ^ word >> 16


def draw_items(
    sampler: MaskSampler,
    size: tuple[int, int] | int,
    generators: Iterable[torch.Generator],
    *,
    device: torch.device | str | None = None,
) -> Tensor:
    """Draw a mask with each of several generators, and stack them.

    They are the masks that ``sampler(size, generator=generator)`` draws, bit for bit, whereas those
    of ``sampler.batch`` are others. So a collate function, or the training step itself, gets the
    masks that the items of a data set would draw in a loader's workers.

    Args:
        sampler: draws the masks.
        size: (H, W) of the masks in pixels; an int for a square.
        generators: one for each mask, such as those of :func:`generator_for_index`.
        device: where the masks are moved to; None for the CPU.

    Shape:
        - Output: (number of generators, 1, H, W)

    Raises:
        ValueError: if ``size`` is out of range.
        TypeError: if ``sampler`` is not a mask sampler, or one of ``generators`` not a generator.

    Example:
        >>> from lamakit.masks import thin
        >>> generators = [generator_for_index(seed=0, epoch=3, index=index) for index in (41, 7)]
        >>> masks = draw_items(thin(64), 64, generators)
        >>> masks.shape
        torch.Size([2, 1, 64, 64])
        >>> alone = thin(64)(64, generator=generator_for_index(seed=0, epoch=3, index=7))
        >>> torch.equal(masks[1], alone)
        True
    """
    check_sampler("sampler", sampler)
    height, width = as_size(size)
    masks = []
    for number, generator in enumerate(generators):
        if not isinstance(generator, torch.Generator):
            raise TypeError(
                f"generators[{number}] must be a torch.Generator, such as generator_for_index "
                f"returns, got {generator!r:.60} of type {type(generator).__name__}"
            )
        masks.append(sampler((height, width), generator=generator))
    if not masks:
        return torch.zeros(0, 1, height, width, dtype=torch.float32, device=device or "cpu")
    return torch.stack(masks).to(device)


@dataclass(frozen=True)
class FixedMasks:
    """A sequence of masks that are always the same, for evaluation: not stored, but drawn again.

    Mask i is drawn with ``generator_for_index(seed, 0, i)``. So each can be drawn alone, and a
    longer sequence begins with the same masks.

    Args:
        sampler: draws the masks.
        count: number of masks, at least 0.
        size: (H, W) of the masks in pixels; an int for a square.
        seed: of the random numbers, at least 0.

    Shape:
        - Items: (1, H, W)

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if ``sampler`` is not a mask sampler.
        IndexError: if there is no mask of that number.

    Example:
        >>> from lamakit.masks import thin
        >>> masks = FixedMasks(thin(256), count=100, size=256)
        >>> len(masks), torch.equal(masks[7], masks[7])
        (100, True)
    """

    sampler: MaskSampler
    _: KW_ONLY
    count: int
    size: tuple[int, int] | int
    seed: int = 0

    def __post_init__(self) -> None:
        check_sampler("sampler", self.sampler)
        check_at_least("count", self.count, 0)
        object.__setattr__(self, "size", as_size(self.size))
        check_at_least("seed", self.seed, 0)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Tensor:
        number = range(self.count)[operator.index(index)]  # checks it, and counts from the end
        return self.sampler(as_size(self.size), generator=generator_for_index(self.seed, 0, number))

    def __iter__(self) -> Iterator[Tensor]:
        return (self[index] for index in range(self.count))
