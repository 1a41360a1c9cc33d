"""Processes that share the images have one result; without torchmetrics its extra is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TypeAlias

import pytest
import torch
from torch import distributed
from torch.multiprocessing.spawn import spawn
from torchmetrics import MetricCollection

from lamakit.metrics import fid
from lamakit.metrics.torchmetrics import FID, L1, PIDS, PSNR
from tests.metrics.inputs import box_masks, mean_color, random_images

Shares: TypeAlias = tuple[list[slice], list[slice]]  # the batches of each process

UNEQUAL: Shares = ([slice(0, 2), slice(2, 5)], [slice(5, 6)])
NOTHING: Shares = ([slice(0, 6)], [])


def collection() -> MetricCollection:
    return MetricCollection([PSNR(), L1(), FID(mean_color), PIDS(mean_color)])


def measured(batches: list[slice]) -> dict[str, float]:
    x, y, masks = random_images(0, 6, 3, 24, 32), random_images(1, 6, 3, 24, 32), box_masks(6)
    metrics = collection()
    for batch in batches:
        metrics.update(x[batch], y[batch], masks[batch])
    return {name: float(value) for name, value in metrics.compute().items()}


def measured_alone() -> float:
    """Return the FID of all images, whatever other processes do."""
    alone = fid(mean_color)
    alone.update(random_images(0, 6, 3, 24, 32), random_images(1, 6, 3, 24, 32))
    return float(alone.compute())


def run(rank: int, folder: str) -> None:
    """Measure as one of two processes, and write what it finds."""
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2
    )
    if rank == 0:
        assert measured_alone() > 0  # waits for nobody
    torch.save([measured(shares[rank]) for shares in (UNEQUAL, NOTHING)], f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


@pytest.mark.slow
def test_processes_have_one_result(tmp_path: Path) -> None:
    spawn(run, (str(tmp_path),), nprocs=2)
    expected = measured([slice(0, 6)])
    for rank in range(2):
        for found in torch.load(tmp_path / f"{rank}.pt"):
            assert found == pytest.approx(expected, rel=1e-4)
    assert expected["FID"] == pytest.approx(measured_alone(), rel=1e-3)


def test_a_missing_library_is_named_with_its_extra() -> None:
    program = (
        "import sys\n"
        "sys.modules['torchmetrics'] = None\n"
        "import lamakit.metrics\n"
        "try:\n"
        "    import lamakit.metrics.torchmetrics\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    expected = "lamakit.metrics.torchmetrics needs torchmetrics: pip install 'lamakit[evaluation]'"
    assert done.stdout.strip() == expected
