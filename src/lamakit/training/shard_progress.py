"""How far a training on tar shards is."""

from __future__ import annotations


class ShardProgress:
    """The shards that the workers of one process are reading.

    A training is continued at the first shard that is not finished. Samples of that shard and of
    later ones that were begun are then seen again.

    Args:
        start: the first shard of the training or of its continuation, as in :class:`ImageShards`.
        rank: number of this process.
        world_size: number of processes.
        workers: number of loader workers of each process; 0 counts as one.

    Example:
        >>> progress = ShardProgress(10, rank=0, world_size=1, workers=2)
        >>> progress.update(12)  # the first worker has finished shard 10
        >>> progress.unfinished
        11
        >>> progress.update(13)
        >>> progress.unfinished
        12
    """

    def __init__(self, start: int, *, rank: int = 0, world_size: int = 1, workers: int = 0) -> None:
        own = max(workers, 1)
        self._start, self._streams = start, world_size * own
        # Each stream of samples takes every so-manieth shard, from its own first one on.
        self._reading = {stream: start + stream for stream in range(rank * own, (rank + 1) * own)}

    def update(self, shard: int) -> None:
        """Note the shard of a batch.

        Args:
            shard: as in :class:`Batch`.
        """
        self._reading[(shard - self._start) % self._streams] = shard

    @property
    def unfinished(self) -> int:
        """The first shard that is not finished."""
        return min(self._reading.values())
