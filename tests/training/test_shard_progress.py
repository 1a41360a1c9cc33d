"""The first shard that is not finished, by workers and processes."""

from __future__ import annotations

from lamakit.training import ShardProgress


def test_it_is_the_slowest_worker_that_counts() -> None:
    progress = ShardProgress(0, workers=3)  # the workers read 0, 3, 6...; 1, 4...; 2, 5...
    assert progress.unfinished == 0
    progress.update(3)
    progress.update(6)
    assert progress.unfinished == 1
    progress.update(4)
    assert progress.unfinished == 2
    progress.update(5)
    assert progress.unfinished == 4


def test_a_process_knows_its_own_workers_only() -> None:
    progress = ShardProgress(7, rank=1, world_size=2, workers=2)  # 9, 13...; 10, 14...
    assert progress.unfinished == 9
    progress.update(13)
    assert progress.unfinished == 10


def test_without_workers_the_process_reads() -> None:
    progress = ShardProgress(2, rank=1, world_size=3)
    assert progress.unfinished == 3
    progress.update(6)
    assert progress.unfinished == 6
