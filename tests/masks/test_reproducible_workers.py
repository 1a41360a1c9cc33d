"""The how-to's data set draws new masks in every epoch, in workers that stay alive, too."""

from __future__ import annotations

from doctest import DocTestParser
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "masks-for-training.md"


@pytest.fixture(scope="module")
def data() -> Any:
    """The page's ``Inpainting`` data set, made by running the page up to its class."""
    names: dict[str, Any] = {}
    for example in DocTestParser().get_examples(PAGE.read_text()):
        exec(example.source, names)  # noqa: S102 (our own page)
        if "Inpainting" in names:
            break
    return names["Inpainting"](torch.rand(12, 3, 64, 96), seed=5)


def masks_of_epochs(data: Any, count: int, **options: Any) -> list[Tensor]:
    loader = DataLoader(data, batch_size=2, **options)
    epochs = []
    for epoch in range(count):
        data.epoch.fill_(epoch)
        epochs.append(torch.cat([mask for _, mask in loader]))
    return epochs


@pytest.mark.parametrize("persistent", [False, True])
def test_every_epoch_has_masks_of_its_own(data: Any, *, persistent: bool) -> None:
    alone = masks_of_epochs(data, 3)
    assert not torch.equal(alone[0], alone[1])
    assert not torch.equal(alone[1], alone[2])
    workers = masks_of_epochs(
        data, 3, num_workers=2, persistent_workers=persistent, multiprocessing_context="fork"
    )
    for mine, theirs in zip(alone, workers, strict=True):
        assert torch.equal(mine, theirs)
