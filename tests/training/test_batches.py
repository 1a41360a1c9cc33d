"""Batches: the same with any number of workers and ranks, and workers that outlive signals."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from lamakit.masks import medium
from lamakit.training.batches import make_loader
from lamakit.training.image_folder import ImageFolder
from lamakit.training.random_crops import RandomCrop
from lamakit.training.sample_order import SampleOrder
from lamakit.training.samples import Batch, Sample, SampleMaker

# On a machine with one core.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create 2 worker processes")


@pytest.fixture
def data(tmp_path: Path) -> ImageFolder:
    """Return a data set of eleven images, one of which is damaged and one tiny."""
    for n in range(11):
        side = 20 if n == 6 else 40 + n
        levels = np.random.default_rng(n).integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(levels).save(tmp_path / f"{n}.png")
    (tmp_path / "3.png").write_bytes(b"text")
    crop = RandomCrop(size=32, max_scale=1.4)
    return ImageFolder(tmp_path, SampleMaker(crop=crop, masks=medium(32), seed=4))


def loader_of(
    data: ImageFolder,
    batch_size: int = 4,
    *,
    workers: int = 0,
    rank: int = 0,
    world_size: int = 1,
    start: int = 0,
) -> DataLoader[Batch]:
    order = SampleOrder(
        len(data), batch_size=batch_size, seed=4, rank=rank, world_size=world_size, start=start
    )
    return make_loader(data, batch_size=batch_size, workers=workers, order=order)


def assert_same_batch(found: Batch, expected: Batch) -> None:
    assert torch.equal(found.image, expected.image)
    assert torch.equal(found.mask, expected.mask)
    assert found[2:] == expected[2:]


def test_batches_of_a_folder(data: ImageFolder) -> None:
    found = list(islice(loader_of(data), 11))  # four epochs
    assert found[0].image.shape == (4, 3, 32, 32)
    assert found[0].mask.shape == (4, 1, 32, 32)
    skipped = [line for batch in found for line in batch.skipped]
    assert sum(line.startswith("3.png: ") for line in skipped) >= 4
    assert sum(line.startswith("6.png: ") for line in skipped) >= 4
    assert {batch.shard for batch in found} == {0}


def test_workers_change_nothing(data: ImageFolder) -> None:
    alone = islice(loader_of(data), 8)
    for found, expected in zip(islice(loader_of(data, workers=2), 8), alone, strict=True):
        assert_same_batch(found, expected)


def test_ranks_share_the_batches_of_one_process(data: ImageFolder) -> None:
    alone = islice(loader_of(data, start=3), 6)
    ranks = [
        islice(loader_of(data, 2, workers=rank, rank=rank, world_size=2, start=3), 6)
        for rank in (0, 1)
    ]
    for first, second, expected in zip(*ranks, alone, strict=True):
        assert first.keys + second.keys == expected.keys
        assert first.skipped + second.skipped == expected.skipped
        assert torch.equal(torch.cat([first.image, second.image]), expected.image)
        assert torch.equal(torch.cat([first.mask, second.mask]), expected.mask)


def test_training_resumes_where_it_stopped(data: ImageFolder) -> None:
    through = list(islice(loader_of(data), 7))
    resumed = islice(loader_of(data, workers=2, start=3 * 4), 4)
    for found, expected in zip(resumed, through[3:], strict=True):
        assert_same_batch(found, expected)


def test_the_same_image_has_another_crop_and_mask_in_another_epoch(data: ImageFolder) -> None:
    found: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for batch in islice(loader_of(data, 11), 2):
        for key, image, mask in zip(batch.keys, batch.image, batch.mask, strict=True):
            found.setdefault(key, []).append((image, mask))
    for pairs in found.values():
        for image, mask in pairs[1:]:
            assert not torch.equal(image, pairs[0][0])
            assert not torch.equal(mask, pairs[0][1])


class Stream(IterableDataset[Sample]):
    """An endless stream of samples that says which worker made it."""

    def __iter__(self) -> Iterator[Sample]:
        worker = torch.utils.data.get_worker_info()
        name, number = ("main", 0) if worker is None else (f"worker {worker.id}", 0)
        while True:
            yield Sample(torch.zeros(3, 4, 4), torch.zeros(1, 4, 4), f"{name}: {number}", (), 9)
            number += 1


def test_iterable_data_sets() -> None:
    alone = make_loader(Stream(), batch_size=3, workers=0)
    found = [batch.keys for batch in islice(alone, 2)]
    assert found == [["main: 0", "main: 1", "main: 2"], ["main: 3", "main: 4", "main: 5"]]
    batches = list(islice(make_loader(Stream(), batch_size=2, workers=2), 4))
    assert batches[1].keys == ["worker 1: 0", "worker 1: 1"]
    assert batches[2].keys == ["worker 0: 2", "worker 0: 3"]
    assert batches[2].shard == 9


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_workers_ignore_the_signals_that_stop_a_job(data: ImageFolder, number: int) -> None:
    others = set(multiprocessing.active_children())
    batches = iter(loader_of(data, workers=2))
    expected = iter(loader_of(data))
    for _ in range(2):  # both workers are at work then
        assert_same_batch(next(batches), next(expected))
    workers = set(multiprocessing.active_children()) - others
    assert len(workers) == 2
    for worker in workers:
        assert worker.pid is not None
        os.kill(worker.pid, number)
    for _ in range(8):  # more than was loaded ahead
        assert_same_batch(next(batches), next(expected))
    assert all(worker.is_alive() for worker in workers)
    before = time.monotonic()
    del batches
    for worker in workers:
        worker.join(10)
    assert not any(worker.is_alive() for worker in workers)
    assert time.monotonic() - before < 4  # they were told; nothing waited until they gave up


PROGRAM = """
import sys
from lamakit.masks import medium
from lamakit.training import ImageFolder, RandomCrop, SampleMaker, SampleOrder, make_loader
data = ImageFolder(sys.argv[1], SampleMaker(crop=RandomCrop(size=32), masks=medium(32)))
batches = iter(make_loader(data, batch_size=2, workers=1, order=SampleOrder(9, batch_size=2)))
held = [next(batches), batches]
held.append(held)  # so that it is not deleted when the program ends
print("done")
"""


def test_a_program_ends_while_workers_are_loading(data: ImageFolder) -> None:
    command = [sys.executable, "-c", PROGRAM, str(data.folder)]
    ended = subprocess.run(command, timeout=60, check=True, capture_output=True, text=True)
    assert ended.stdout == "done\n"


@pytest.mark.parametrize("workers", [0, 1])
def test_global_random_numbers_are_left_alone(data: ImageFolder, workers: int) -> None:
    state = torch.get_rng_state()
    next(iter(loader_of(data, workers=workers)))
    assert torch.equal(torch.get_rng_state(), state)


def test_bad_arguments(data: ImageFolder) -> None:
    order = SampleOrder(len(data), batch_size=4)
    with pytest.raises(ValueError, match="order must have batch_size=2 like the loader, got 4"):
        make_loader(data, batch_size=2, workers=0, order=order)
    with pytest.raises(ValueError, match=r"order is missing: give SampleOrder\(len\(data\)"):
        make_loader(data, batch_size=4, workers=0)
    with pytest.raises(ValueError, match="order must be None for an iterable data set"):
        make_loader(Stream(), batch_size=4, workers=0, order=order)
    with pytest.raises(ValueError, match="workers must be at least 0, got -1"):
        make_loader(data, batch_size=4, workers=-1, order=order)
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        make_loader(Stream(), batch_size=0, workers=0)
