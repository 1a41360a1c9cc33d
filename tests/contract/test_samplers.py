"""What every mask sampler promises."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from lamakit.masks import Boxes, MaskSampler, Strokes

SAMPLERS: list[MaskSampler] = [
    Boxes(min_times=1, max_times=3, min_size=1, max_size=20),
    Boxes(min_times=0, max_times=1, min_size=1, max_size=4, margin=0),
    Strokes(min_times=1, max_times=5, max_width=20, max_len=40),
    Strokes(min_times=0, max_times=0, max_width=1, max_len=1, max_angle=1),
]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class MaskDataset(Dataset[torch.Tensor]):
    """One mask an item, drawn from the item's own seed."""

    def __init__(self, sampler: MaskSampler) -> None:
        self.sampler = sampler

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.sampler((16, 24), generator=seeded(index))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
class TestSamplerContract:
    @pytest.mark.parametrize("size", [(1, 1), (1, 16), (5, 3), (16, 16), (33, 70)])
    def test_shape_and_values(self, sampler: MaskSampler, size: tuple[int, int]) -> None:
        one, many = sampler(size), sampler.batch(7, size)
        assert one.shape == (1, *size)
        assert many.shape == (7, 1, *size)
        for mask in (one, many):
            assert mask.dtype == torch.float32
            assert ((mask == 0) | (mask == 1)).all()

    def test_same_seed_same_masks(self, sampler: MaskSampler) -> None:
        assert torch.equal(
            sampler.batch(8, (20, 30), generator=seeded()),
            sampler.batch(8, (20, 30), generator=seeded()),
        )
        assert torch.equal(
            sampler((9, 9), generator=seeded(3)), sampler((9, 9), generator=seeded(3))
        )

    def test_other_seeds_other_masks(self, sampler: MaskSampler) -> None:
        drawn = [sampler((64, 64), generator=seeded(seed)) for seed in range(8)]
        assert any(not torch.equal(drawn[0], other) for other in drawn[1:])

    def test_the_global_generator_serves_by_default(self, sampler: MaskSampler) -> None:
        torch.manual_seed(5)
        first = sampler((32, 32))
        torch.manual_seed(5)
        assert torch.equal(sampler((32, 32)), first)

    def test_an_own_generator_leaves_the_global_one_alone(self, sampler: MaskSampler) -> None:
        before = torch.get_rng_state()
        sampler.batch(2, (8, 8), generator=seeded())
        assert torch.equal(torch.get_rng_state(), before)

    def test_the_repr_rebuilds_it(self, sampler: MaskSampler) -> None:
        assert eval(repr(sampler)) == sampler  # noqa: S307 (our own repr)

    def test_immutable(self, sampler: MaskSampler) -> None:
        with pytest.raises(AttributeError):
            sampler.min_times = 3  # type: ignore[attr-defined]

    def test_pickles_and_works_in_loader_workers(self, sampler: MaskSampler) -> None:
        assert pickle.loads(pickle.dumps(sampler)) == sampler
        batches = [list(DataLoader(MaskDataset(sampler), 2, num_workers=n)) for n in (0, 2)]
        assert torch.equal(torch.cat(batches[0]), torch.cat(batches[1]))

    def test_bad_arguments(self, sampler: MaskSampler) -> None:
        with pytest.raises(ValueError, match="n must be at least 0, got -1"):
            sampler.batch(-1, (8, 8))
        with pytest.raises(ValueError, match=r"size\[0\] must be at least 1, got 0"):
            sampler((0, 8))
        with pytest.raises(TypeError, match=r"size must be a pair \(H, W\), got 8"):
            sampler(8)  # type: ignore[arg-type]
        assert sampler.batch(0, (8, 8)).shape == (0, 1, 8, 8)


@pytest.mark.parametrize(
    ("build", "arguments", "message"),
    [
        (
            Boxes,
            {"min_times": 2, "max_times": 1, "min_size": 1, "max_size": 2},
            "max_times must be at least 2",
        ),
        (
            Boxes,
            {"min_times": 1, "max_times": 1, "min_size": 0, "max_size": 2},
            "min_size must be at least 1",
        ),
        (
            Boxes,
            {"min_times": 1, "max_times": 1, "min_size": 3, "max_size": 2},
            "max_size must be at least 3",
        ),
        (
            Strokes,
            {"min_times": 1, "max_times": 1, "max_width": 0, "max_len": 5},
            "max_width must be at least 1",
        ),
        (
            Strokes,
            {"min_times": -1, "max_times": 1, "max_width": 5, "max_len": 5},
            "min_times must be at least 0",
        ),
    ],
)
def test_bad_settings(build: type[Any], arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(**arguments)


def test_a_box_that_fits_nowhere() -> None:
    with pytest.raises(
        ValueError, match="min_size=9 does not fit a side of 16 pixels with margin=4"
    ):
        Boxes(min_times=1, max_times=1, min_size=9, max_size=20, margin=4)((16, 64))
