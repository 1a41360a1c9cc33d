"""Masks of several items drawn together are those that the items draw alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from lamakit.masks import MaskSampler, OneOf, generator_for_index, lama_training, thin
from lamakit.masks.reproducible import draw_items
from tests.contract.mask_cases import SAMPLERS
from tests.helpers import seeded
from tests.masks.test_sampler import Halves

SIZE = (256, 140)


@pytest.mark.parametrize("name", SAMPLERS)
def test_items_are_those_of_single_calls(name: str) -> None:
    sampler = SAMPLERS[name]
    items = draw_items(sampler, SIZE, [seeded(seed) for seed in (3, 1, 4)])
    alone = torch.stack([sampler(SIZE, generator=seeded(seed)) for seed in (3, 1, 4)])
    assert torch.equal(items, alone)


def test_a_collate_function_draws_what_the_data_set_would() -> None:
    sampler = lama_training(32)

    def collate(batch: list[tuple[int, Tensor]]) -> tuple[Tensor, Tensor]:
        generators = (generator_for_index(0, 2, index) for index, _ in batch)
        return torch.stack([image for _, image in batch]), draw_items(sampler, 32, generators)

    data = list(enumerate(torch.zeros(10, 3, 32, 32)))
    expected = [sampler(32, generator=generator_for_index(0, 2, index)) for index in range(10)]
    for workers in (0, 2):
        loader: DataLoader[Any] = DataLoader(
            data,  # type: ignore[arg-type]  # a list is a data set, too
            batch_size=4,
            num_workers=workers,
            collate_fn=collate,
        )
        masks = torch.cat([mask for _, mask in loader])
        assert torch.equal(masks, torch.stack(expected))


def test_samplers_of_ones_own_and_no_items() -> None:
    own: MaskSampler = Halves()
    assert draw_items(own, 8, [seeded(), seeded()]).shape == (2, 1, 8, 8)
    assert draw_items(own, (8, 4), iter([])).shape == (0, 1, 8, 4)
    assert draw_items(OneOf(own, thin(8)), 8, [seeded()]).dtype == torch.float32


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_items_on_another_device() -> None:
    items = draw_items(thin(64), 64, [seeded(2)], device="cuda")
    assert items.device.type == "cuda"
    assert torch.equal(items[0].cpu(), thin(64)(64, generator=seeded(2)))


def test_bad_items() -> None:
    with pytest.raises(TypeError, match=r"generators\[1\] must be a torch.Generator, .* got 3"):
        draw_items(thin(64), 64, [seeded(), 3])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="sampler must be a mask sampler"):
        draw_items(thin, 64, [seeded()])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        draw_items(thin(64), 0, [])
