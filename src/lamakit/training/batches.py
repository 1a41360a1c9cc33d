"""Loading of batches in worker processes."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
from functools import partial
from multiprocessing.synchronize import Event
from typing import Any, cast

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

from lamakit._checks import check_at_least
from lamakit.training.sample_order import SampleOrder
from lamakit.training.samples import Batch, Sample, collate


def make_loader(
    data: Dataset[Sample],
    *,
    batch_size: int,
    workers: int,
    order: SampleOrder | None = None,
    pin_memory: bool = False,
) -> DataLoader[Batch]:
    """Return a loader of an endless stream of batches.

    The batches of an :class:`ImageFolder` are the same, bit for bit, whatever the number of
    workers. Workers ignore SIGINT (Ctrl-C) and SIGTERM, which reach all processes of a job at once:
    so the main process can finish its step, save its state and then stop them itself. Loading
    leaves torch's global random numbers alone.

    Args:
        data: an :class:`ImageFolder`, or another data set whose items are asked for by
            (epoch, index); or an iterable data set of samples without end.
        batch_size: number of samples in a batch, at least 1.
        workers: number of processes that load; 0 to load in the main process.
        order: the order of the samples, with the same ``batch_size``; None for iterable data sets,
            which have their own.
        pin_memory: whether batches are copied to memory from which a GPU copies faster.

    Raises:
        ValueError: if a number is out of range, the order's ``batch_size`` is another, or the order
            is missing or not wanted.
        TypeError: if a number is not an integer.

    Example:
        >>> import tempfile
        >>> from lamakit.images import save_image
        >>> from lamakit.masks import medium
        >>> from lamakit.training.image_folder import ImageFolder
        >>> from lamakit.training.random_crops import RandomCrop
        >>> from lamakit.training.samples import SampleMaker
        >>> folder = tempfile.mkdtemp()
        >>> save_image(torch.rand(1, 3, 80, 90), f"{folder}/photo.png")
        >>> maker = SampleMaker(crop=RandomCrop(size=64), masks=medium(64))
        >>> data = ImageFolder(folder, maker)
        >>> order = SampleOrder(len(data), batch_size=4)
        >>> loader = make_loader(data, batch_size=4, workers=0, order=order)
        >>> next(iter(loader)).image.shape
        torch.Size([4, 3, 64, 64])
    """
    check_at_least("batch_size", batch_size, 1)
    check_at_least("workers", workers, 0)
    iterable = isinstance(data, IterableDataset)
    if iterable and order is not None:
        raise ValueError("order must be None for an iterable data set, which has its own order")
    if not iterable and order is None:
        raise ValueError("order is missing: give SampleOrder(len(data), batch_size=batch_size)")
    if order is not None and order.batch_size != batch_size:
        raise ValueError(
            f"order must have batch_size={batch_size} like the loader, got {order.batch_size}"
        )
    ending = multiprocessing.Event()
    if workers:
        atexit.register(ending.set)
    return DataLoader(
        cast("Dataset[Any]", data),  # torch's type does not tell samples from batches
        batch_size=batch_size if order is None else 1,  # torch demands 1 beside a batch_sampler
        batch_sampler=order,
        num_workers=workers,
        collate_fn=collate,
        pin_memory=pin_memory,
        worker_init_fn=partial(_ignore_stop_signals, ending=ending),
        generator=torch.Generator(),  # else an iterator draws from torch's global numbers
    )


def _ignore_stop_signals(worker: int, *, ending: Event) -> None:  # noqa: ARG001 (the number)
    """Leave it to the main process to stop this worker.

    When the main process ends while batches are still being loaded, Python sends SIGTERM to the
    workers and waits for them.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0) if ending.is_set() else None)
