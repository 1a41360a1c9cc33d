"""The order of samples: whole epochs, the same on any number of ranks, resumed anywhere."""

from __future__ import annotations

import pickle
from itertools import islice
from typing import Any

import pytest
import torch

from lamakit.training.sample_order import SampleOrder


def batches(count: int, length: int, **options: Any) -> list[list[tuple[int, int]]]:
    """Return the first batches."""
    return list(islice(SampleOrder(length, **options), count))


def places(count: int, length: int, seed: int = 0) -> list[tuple[int, int]]:
    """Return the first places of the list that all ranks walk through."""
    return [batch[0] for batch in batches(count, length, batch_size=1, seed=seed)]


def test_every_epoch_holds_every_item_once() -> None:
    found = places(30, 10)
    assert [epoch for epoch, _ in found] == [0] * 10 + [1] * 10 + [2] * 10
    orders = [[index for _, index in found[first : first + 10]] for first in (0, 10, 20)]
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in [*orders, range(10)]}) == 4


def test_the_order_depends_on_the_seed() -> None:
    assert places(20, 10, seed=1) == places(20, 10, seed=1)
    assert places(20, 10, seed=1) != places(20, 10, seed=2)


def test_every_item_comes_first_as_often() -> None:
    firsts = [places(1, 5, seed=seed)[0][1] for seed in range(500)]
    assert all(70 < firsts.count(index) < 130 for index in range(5))


@pytest.mark.parametrize("length", [1, 3, 10, 64])  # of which some are less than a batch
@pytest.mark.parametrize(("world_size", "batch_size"), [(1, 8), (2, 4), (4, 2), (8, 1)])
@pytest.mark.parametrize("start", [0, 5, 24])
def test_ranks_share_what_one_process_would_see(
    length: int, world_size: int, batch_size: int, start: int
) -> None:
    ranks = [
        batches(
            10, length, batch_size=batch_size, rank=rank, world_size=world_size, start=start, seed=9
        )
        for rank in range(world_size)
    ]
    everything = places(start + 80, length, seed=9)[start:]
    for step in range(10):
        together = [place for rank in ranks for place in rank[step]]
        assert together == everything[8 * step : 8 * step + 8]


def test_resuming_with_other_ranks_goes_on() -> None:
    before = batches(3, 10, batch_size=6)  # 18 samples are seen
    after = [batches(4, 10, batch_size=2, rank=r, world_size=3, start=18) for r in range(3)]
    in_turn = before + [batch for step in zip(*after, strict=True) for batch in step]
    assert [place for batch in in_turn for place in batch] == places(42, 10)


def test_far_into_training() -> None:
    start = 10**12 + 7
    order = SampleOrder(1000, batch_size=4, start=start)
    assert [epoch for epoch, _ in next(iter(order))] == [10**9] * 4


def test_iterating_again_begins_at_the_start() -> None:
    order = SampleOrder(10, batch_size=3, start=4)
    assert list(islice(order, 5)) == list(islice(order, 5))


def test_nothing_else_changes_it() -> None:
    expected = batches(5, 10, batch_size=4)
    torch.manual_seed(77)
    with torch.device("meta"):
        assert batches(5, 10, batch_size=4) == expected
    assert list(islice(pickle.loads(pickle.dumps(SampleOrder(10, batch_size=4))), 5)) == expected


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"length": 0}, ValueError, "length must be at least 1, got 0"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        ({"batch_size": 2.0}, TypeError, "batch_size must be an int"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"world_size": 0}, ValueError, "world_size must be at least 1, got 0"),
        ({"rank": -1}, ValueError, "rank must be at least 0, got -1"),
        ({"rank": 2, "world_size": 2}, ValueError, "rank must be below world_size=2, got 2"),
        ({"start": -1}, ValueError, "start must be at least 0, got -1"),
    ],
)
def test_bad_arguments(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        SampleOrder(**{"length": 10, "batch_size": 2} | options)
