"""Training images from tar files, on one machine or many."""

from __future__ import annotations

import io
import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch.utils.data import IterableDataset, get_worker_info

from lamakit._checks import check_at_least
from lamakit._imports import import_extra
from lamakit.masks.reproducible import generator_for_index
from lamakit.training.samples import Sample, SampleMaker, skipped_line
from lamakit.training.tar_images import TarImage, read_tar_images

_BUFFER = 256  # samples, still encoded, among which the next one is drawn
_KEPT_REASONS = 1000  # so that millions of bad files do not fill the memory


class ImageShards(IterableDataset[Sample]):
    """Images in tar files (shards), each with a mask: an endless stream of samples.

    Shards are read from front to back, so they may be larger than the memory and may lie far away:
    the library `webdataset` opens paths, URLs ("https://...", "gs://...") and the output of
    commands ("pipe:aws s3 cp s3://... -").

    In a shard, neighbouring files that have the same path up to the first dot of their name are one
    sample; that path is its key. Its image is the first of them whose suffix is that of an image,
    as in :class:`ImageFolder`; one such as ``17.depth.png`` is taken only if there is no
    ``17.jpg``. Its crop and mask depend on seed, epoch and key alone, so keys should be unique
    among all shards.

    An epoch reads each shard once, in an order of its own. Each process of the training, and each
    worker of its ``DataLoader``, reads other shards; every process must have the same number of
    workers. There should be at least as many shards as workers in all processes together; with
    fewer, some of them are an epoch ahead.

    Training resumes with ``start_shard``, the smallest ``Sample.shard`` among the last samples of
    all workers and processes: each shard's samples and their order are the same again, whatever the
    number of workers and processes.

    Files that cannot be used are skipped, each with a line in the next sample's ``skipped`` (of
    more than 1000 lines the last ones): corrupt images, images smaller than the crop, samples
    without an image; shards that are missing or, from where it ends, truncated.

    Args:
        shards: paths or URLs of the tar files, or one of them. In each, "{0000..0099}" stands for
            a hundred numbers, and "{a,b}" for two names.
        maker: makes image and mask of a sample; its seed also orders shards and samples.
        rank: number of this process, from 0 to ``world_size - 1``.
        world_size: number of processes that train together, at least 1.
        start_shard: number of the first shard to read, at least 0, counted over all epochs.

    Yields:
        Samples, with the number of their shard, counted over all epochs.

    Raises:
        ValueError: if there are no shards, a brace is not closed, or an argument is out of range;
            while reading, if each shard was tried and none gives a sample.
        TypeError: if ``shards`` is neither a string nor a sequence of strings, or ``maker`` is no
            :class:`SampleMaker`.
        ImportError: if webdataset is missing (the extra ``train``).

    Example:
        >>> from lamakit.masks import thick
        >>> from lamakit.training.random_crops import RandomCrop
        >>> maker = SampleMaker(crop=RandomCrop(size=256), masks=thick(256))
        >>> data = ImageShards("photos-{0000..0099}.tar", maker, rank=1, world_size=8)
        >>> len(data.shards), data.shards[99]
        (100, 'photos-0099.tar')
    """

    def __init__(
        self,
        shards: str | Sequence[str],
        maker: SampleMaker,
        *,
        rank: int = 0,
        world_size: int = 1,
        start_shard: int = 0,
    ) -> None:
        import_extra("webdataset", extra="train", user="ImageShards")  # if missing, told early
        if not isinstance(maker, SampleMaker):
            raise TypeError(f"maker must be a SampleMaker, got {maker!r:.100}")
        check_at_least("world_size", world_size, 1)
        check_at_least("rank", rank, 0)
        check_at_least("start_shard", start_shard, 0)
        if rank >= world_size:
            raise ValueError(f"rank must be below world_size={world_size}, got {rank}")
        self.shards = _expand_braces(shards)
        self.maker = maker
        self.rank = rank
        self.world_size = world_size
        self.start_shard = start_shard

    def __iter__(self) -> Iterator[Sample]:
        # Who reads what: shard numbers go on from one epoch to the next, and are dealt out in turn
        # to all workers of all processes.
        #
        #     number = epoch * (count of shards) + place in the order of that epoch
        worker = get_worker_info()
        workers, worker_id = (worker.num_workers, worker.id) if worker else (1, 0)
        first = self.start_shard + self.rank * workers + worker_id
        skipped: deque[str] = deque(maxlen=_KEPT_REASONS)
        empty: set[str] = set()  # shards that gave nothing since the last sample
        for number in itertools.count(first, self.world_size * workers):
            epoch, place = divmod(number, len(self.shards))
            shard = self.shards[self._order(epoch)[place]]
            empty.add(shard)
            for sample in self._read_samples(shard, number, epoch, skipped):
                empty.clear()
                yield sample
            if len(empty) == len(set(self.shards)):
                raise ValueError(
                    f"none of {len(empty)} shards gives a sample; the last reasons: "
                    + ("; ".join(list(skipped)[-5:]) or "the shards hold no samples")
                )

    def _order(self, epoch: int) -> list[int]:
        """Return the order of the shards in an epoch."""
        generator = generator_for_index(self.maker.seed, epoch, "order of shards")
        order: list[int] = torch.randperm(len(self.shards), generator=generator).tolist()
        return order

    def _read_samples(
        self, shard: str, number: int, epoch: int, skipped: deque[str]
    ) -> Iterator[Sample]:
        """Yield the samples of a shard, shuffled; ``skipped`` collects what is left out."""
        generator = generator_for_index(self.maker.seed, epoch, f"order in shard {number}")
        for file in _shuffle(read_tar_images(shard, skipped), generator):
            try:
                image, mask = self.maker(io.BytesIO(file.content), epoch, file.key)
            except (ValueError, OSError) as error:
                skipped.append(skipped_line(file.name, error))
                continue
            reasons = tuple(skipped)
            skipped.clear()
            yield Sample(image, mask, file.key, reasons, number)


def _expand_braces(shards: str | Sequence[str]) -> list[str]:
    """Return the names that the patterns stand for."""
    patterns: object = [shards] if isinstance(shards, str) else shards
    if not isinstance(patterns, Sequence) or not all(isinstance(name, str) for name in patterns):
        raise TypeError(f"shards must be a string or a sequence of strings, got {shards!r}")
    expand = import_extra("braceexpand", extra="train", user="ImageShards").braceexpand
    names = [name for pattern in patterns for name in expand(pattern, escape=False)]
    if not names:
        raise ValueError("shards must name at least one tar file, got none")
    return names


def _shuffle(files: Iterable[TarImage], generator: torch.Generator) -> Iterator[TarImage]:
    """Yield the files in another order: each is drawn from those that come next."""
    buffer: list[TarImage] = []
    for file in files:
        buffer.append(file)
        if len(buffer) == _BUFFER:
            yield _draw(buffer, generator)
    while buffer:
        yield _draw(buffer, generator)


def _draw(buffer: list[TarImage], generator: torch.Generator) -> TarImage:
    """Remove a random file from the buffer and return it."""
    place = int(torch.randint(len(buffer), (), generator=generator))
    buffer[place], buffer[-1] = buffer[-1], buffer[place]
    return buffer.pop()
