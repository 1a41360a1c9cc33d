"""The same masks whatever the number of workers and ranks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, distributed
from torch.multiprocessing.spawn import spawn
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from lamakit.masks import (
    FixedMasks,
    MaskSampler,
    generator_for_index,
    lama_training,
    thin,
)
from tests.helpers import assert_same_tensors, seeded

SIZE = (48, 64)


class Masks(Dataset[tuple[int, Tensor]]):
    """A mask for each item, as the how-to draws them."""

    def __init__(self, sampler: MaskSampler, count: int, epoch: int = 0) -> None:
        self.sampler, self.count, self.epoch = sampler, count, epoch

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[int, Tensor]:
        return index, self.sampler(SIZE, generator=generator_for_index(7, self.epoch, index))


def drawn(loader: DataLoader[tuple[int, Tensor]]) -> dict[str, Tensor]:
    return {
        str(int(index)): mask
        for indices, masks in loader
        for index, mask in zip(indices, masks, strict=True)
    }


@pytest.mark.filterwarnings("ignore:This DataLoader will create 3 worker processes")
@pytest.mark.parametrize("workers", [1, 3])
def test_loader_workers_change_nothing(workers: int) -> None:
    data = Masks(lama_training(64), 24)
    alone = drawn(DataLoader(data, batch_size=4))
    shuffled = DataLoader(
        data,
        batch_size=5,
        shuffle=True,
        num_workers=workers,
        generator=seeded(1),
    )
    assert_same_tensors(drawn(shuffled), alone)


def draw_in_rank(rank: int, folder: str) -> None:
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2
    )
    data = Masks(lama_training(64), 10, epoch=3)
    order = DistributedSampler[tuple[int, Tensor]](data, seed=5)
    order.set_epoch(3)
    torch.save(drawn(DataLoader(data, batch_size=2, sampler=order)), f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


@pytest.mark.slow  # starts two processes
def test_ranks_change_nothing(tmp_path: Path) -> None:
    spawn(draw_in_rank, args=(str(tmp_path),), nprocs=2)
    ranks = [torch.load(tmp_path / f"{rank}.pt") for rank in range(2)]
    assert not ranks[0].keys() & ranks[1].keys()
    alone = drawn(DataLoader(Masks(lama_training(64), 10, epoch=3), batch_size=10))
    assert_same_tensors(ranks[0] | ranks[1], alone)


def test_generators_of_items_are_fixed_for_good() -> None:
    expected = {
        (0, 0, 0): 3412953652,
        (0, 0, 1): 416626235,
        (0, 1, 0): 2353876569,
        (1, 0, 0): 2856213345,
        (2**40, 3, 2**33): 591844350,
    }
    assert {item: generator_for_index(*item).initial_seed() for item in expected} == expected


def test_generators_of_names_are_fixed_for_good() -> None:
    expected = {
        "": 138031144,
        "0": 3701075865,
        "photos/0041": 3833391754,
        "caf\u00e9": 826790177,
        "\udcff.jpg": 4181346746,
    }
    assert {name: generator_for_index(1, 2, name).initial_seed() for name in expected} == expected


def test_names_have_generators_as_unlike_as_random_numbers() -> None:
    seeds = {generator_for_index(0, 0, f"{number:06}").initial_seed() for number in range(20_000)}
    assert len(seeds) >= 19_998  # 20,000 random 32-bit numbers have 0.05 pairs of equals on average
    assert generator_for_index(0, 0, "7").initial_seed() not in {
        generator_for_index(0, 0, 7).initial_seed(),
        generator_for_index(0, 1, "7").initial_seed(),
        generator_for_index(1, 0, "7").initial_seed(),
    }


def test_no_two_items_of_an_epoch_share_a_generator() -> None:
    for seed, epoch in ((0, 0), (0, 1), (1, 0)):
        seeds = {generator_for_index(seed, epoch, index).initial_seed() for index in range(20_000)}
        assert len(seeds) == 20_000


def test_epochs_and_seeds_are_unlike_each_other() -> None:
    runs = [(seed, epoch) for seed in range(20) for epoch in range(20)]
    seeds = [
        generator_for_index(*run, index).initial_seed() for run in runs for index in range(100)
    ]
    # 40,000 random 32-bit numbers have 0.2 pairs of equals on average.
    assert len(seeds) - len(set(seeds)) <= 3


def test_neighbours_are_as_unlike_as_random_numbers() -> None:
    words = torch.tensor([generator_for_index(0, 0, index).initial_seed() for index in range(4096)])
    bits = (words[:, None] >> torch.arange(32)) & 1
    changed = (bits[1:] ^ bits[:-1]).double().mean(0)
    assert (bits.double().mean(0) - 0.5).abs().max() < 0.04
    assert (changed - 0.5).abs().max() < 0.04


@pytest.mark.parametrize("position", range(3))
def test_bad_items(position: int) -> None:
    name = ("seed", "epoch", "index")[position]

    def item(value: Any) -> tuple[Any, Any, Any]:
        numbers = [0, 0, 0]
        numbers[position] = value
        return numbers[0], numbers[1], numbers[2]

    with pytest.raises(ValueError, match=f"{name} must be at least 0, got -1"):
        generator_for_index(*item(-1))
    for bad in (1.0, None, b"key", True, torch.tensor(0.5), torch.zeros(2).long()):
        with pytest.raises(TypeError, match=f"{name} must be an int.*, got"):
            generator_for_index(*item(bad))


def test_integers_of_every_kind_are_the_same_item() -> None:
    expected = generator_for_index(5, 3, 41).initial_seed()
    for kind in (np.int64, np.uint8, np.array, torch.tensor):
        keys = [kind(number) for number in (5, 3, 41)]
        assert generator_for_index(*keys).initial_seed() == expected
    name = np.array(["photos/0041"])[0]  # of numpy's type of strings
    assert (
        generator_for_index(1, 2, name).initial_seed()
        == generator_for_index(1, 2, "photos/0041").initial_seed()
    )


def test_fixed_masks_are_a_sequence() -> None:
    masks = FixedMasks(sampler=thin(64), count=5, size=(20, 30), seed=3)
    listed = list(masks)
    assert len(masks) == len(listed) == 5
    assert all(torch.equal(masks[index], listed[index]) for index in (3, 0, 4))
    assert torch.equal(masks[-1], listed[4])
    with pytest.raises(IndexError):
        masks[5]
    longer = FixedMasks(thin(64), count=9, size=(20, 30), seed=3)
    assert torch.equal(longer[4], listed[4])
    other = FixedMasks(sampler=thin(64), count=5, size=(20, 30), seed=4)
    assert not torch.equal(other[0], listed[0])
    loaded = torch.cat(list(DataLoader(masks, batch_size=2, num_workers=2)))  # type: ignore[arg-type]
    assert torch.equal(loaded, torch.stack(listed))
    square = FixedMasks(thin(64), count=1, size=24)
    assert square == FixedMasks(thin(64), count=1, size=(24, 24))
    assert square[0].shape == (1, 24, 24)
    with pytest.raises(ValueError, match="count must be at least 0, got -1"):
        FixedMasks(sampler=thin(64), count=-1, size=(20, 30))
