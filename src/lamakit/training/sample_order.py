"""The order in which the samples of a data set are seen, on any number of ranks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import torch
from torch import Tensor
from torch.utils.data import Sampler
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks import generator_for_index


class SampleOrder(Sampler[list[tuple[int, int]]]):
    """An endless stream of batches of (epoch, index), shuffled anew in every epoch.

    All ranks together walk through one endless list: the items of epoch 0 in random order, then
    those of epoch 1 in another order, and so on. In each step every rank takes the next
    ``batch_size`` places::

        place   0 1 2   3 4 5   6 7 8   9 ...        (batch_size=3, world_size=2)
        rank      0       1       0       1

    So the ranks' batches of a step are disjoint, and together they are what one process would see
    with ``world_size * batch_size``. Batches may reach from one epoch into the next.

    To resume training, give the number of samples that all ranks have seen as ``start``: the list
    goes on there, whatever the number of ranks and the batch size were before. Iterating again
    begins at ``start`` again.

    Args:
        length: number of items in the data set, at least 1.
        batch_size: number of samples in a batch of one rank, at least 1.
        seed: of the shuffling, at least 0.
        rank: number of this process among those that train together, from 0.
        world_size: number of these processes.
        start: number of places to leave out, at least 0.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if an argument is not an integer.

    Example:
        >>> batches = iter(SampleOrder(3, batch_size=2))
        >>> next(batches), next(batches)  # one item of epoch 1 ends the second batch
        ([(0, 1), (0, 2)], [(0, 0), (1, 2)])
    """

    def __init__(
        self,
        length: int,
        *,
        batch_size: int,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        start: int = 0,
    ) -> None:
        check_at_least("length", length, 1)
        check_at_least("batch_size", batch_size, 1)
        check_at_least("seed", seed, 0)
        check_at_least("world_size", world_size, 1)
        check_at_least("rank", rank, 0)
        if rank >= world_size:
            raise ValueError(f"rank must be below world_size={world_size}, got {rank}")
        check_at_least("start", start, 0)
        self.length = length
        self.batch_size = batch_size
        self.seed = seed
        self.rank = rank
        self.world_size = world_size
        self.start = start

    @override
    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        shuffled_epoch, items = 0, self._shuffled(0)
        for first in count(
            self.start + self.rank * self.batch_size, self.world_size * self.batch_size
        ):
            batch = []
            for number in range(first, first + self.batch_size):
                epoch, place = divmod(number, self.length)
                if epoch != shuffled_epoch:
                    shuffled_epoch, items = epoch, self._shuffled(epoch)
                batch.append((epoch, int(items[place])))
            yield batch

    def _shuffled(self, epoch: int) -> Tensor:
        """Return the indices of all items in the order of an epoch."""
        generator = generator_for_index(self.seed, epoch, "order")
        return torch.randperm(self.length, generator=generator, device="cpu")
