"""What every mask sampler promises."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import fields
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

import lamakit.masks
from lamakit.masks import MaskSampler, generator_for_index
from lamakit.masks.sampler import BaseSampler
from tests.contract.mask_cases import SAMPLERS
from tests.helpers import seeded

NOT_RANDOM = {"CentreBox"}


class MaskDataset(Dataset[torch.Tensor]):
    """One mask an item, drawn from the item's own seed."""

    def __init__(self, sampler: MaskSampler) -> None:
        self.sampler = sampler

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.sampler((16, 24), generator=generator_for_index(0, 0, index))


@pytest.mark.filterwarnings("ignore:an image of .* is too small for strokes")
@pytest.mark.parametrize("name", SAMPLERS)
class TestSamplerContract:
    @pytest.fixture
    def sampler(self, name: str) -> MaskSampler:
        return SAMPLERS[name]

    @pytest.mark.parametrize("size", [(1, 16), (16, 1), (5, 3), (33, 70), (140, 30)])
    def test_shape_and_values(self, sampler: MaskSampler, size: tuple[int, int]) -> None:
        one, many = sampler(size), sampler.batch(7, size)
        assert one.shape == (1, *size)
        assert many.shape == (7, 1, *size)
        for mask in (one, many):
            assert mask.dtype == torch.float32
            assert ((mask == 0) | (mask == 1)).all()

    def test_tiny_sizes(self, sampler: MaskSampler) -> None:
        for side in range(1, 17):
            masks = sampler.batch(5, (side, side), generator=seeded(side))
            assert masks.shape == (5, 1, side, side)
            assert ((masks == 0) | (masks == 1)).all()

    def test_same_seed_same_masks(self, sampler: MaskSampler) -> None:
        assert torch.equal(
            sampler.batch(8, (20, 30), generator=seeded()),
            sampler.batch(8, (20, 30), generator=seeded()),
        )
        assert torch.equal(
            sampler((9, 9), generator=seeded(3)), sampler((9, 9), generator=seeded(3))
        )

    def test_masks_differ(self, sampler: MaskSampler, name: str) -> None:
        alone = torch.stack([sampler((64, 80), generator=seeded(seed)) for seed in range(12)])
        together = sampler.batch(12, (64, 80), generator=seeded())
        for masks in (alone, together):
            differ = any(not torch.equal(masks[0], other) for other in masks[1:])
            assert differ == (name not in NOT_RANDOM)

    def test_the_global_generator_serves_by_default(self, sampler: MaskSampler) -> None:
        torch.manual_seed(5)
        first = sampler((32, 32))
        torch.manual_seed(5)
        assert torch.equal(sampler((32, 32)), first)

    def test_an_own_generator_leaves_the_global_one_alone(self, sampler: MaskSampler) -> None:
        before = torch.get_rng_state()
        sampler.batch(2, (8, 8), generator=seeded())
        assert torch.equal(torch.get_rng_state(), before)

    def test_it_keeps_nothing_of_what_it_drew(self, sampler: MaskSampler) -> None:
        before = pickle.dumps(sampler)
        sampler.batch(3, (12, 20))
        assert pickle.dumps(sampler) == before

    def test_the_repr_rebuilds_it(self, sampler: MaskSampler) -> None:
        assert eval(repr(sampler), vars(lamakit.masks)) == sampler  # noqa: S307 (our own repr)

    def test_immutable(self, sampler: MaskSampler) -> None:
        assert hash(sampler) == hash(pickle.loads(pickle.dumps(sampler)))
        with pytest.raises(AttributeError):
            setattr(sampler, fields(sampler)[0].name, 3)  # type: ignore[arg-type]

    def test_pickles_and_works_in_loader_workers(self, sampler: MaskSampler) -> None:
        assert pickle.loads(pickle.dumps(sampler)) == sampler
        batches = [list(DataLoader(MaskDataset(sampler), 2, num_workers=n)) for n in (0, 2)]
        assert torch.equal(torch.cat(batches[0]), torch.cat(batches[1]))

    def test_bad_arguments(self, sampler: MaskSampler) -> None:
        with pytest.raises(ValueError, match="n must be at least 0, got -1"):
            sampler.batch(-1, (8, 8))
        with pytest.raises(ValueError, match=r"size\[0\] must be at least 1, got 0"):
            sampler((0, 8))
        with pytest.raises(
            TypeError, match=r"size must be \(H, W\), or an int for a square, got 8.5"
        ):
            sampler(8.5)  # type: ignore[arg-type]
        with pytest.raises(
            TypeError, match=r"generator must be a torch.Generator, got 0 .*manual_s"
        ):
            sampler((8, 8), generator=0)  # type: ignore[arg-type]
        assert sampler.batch(0, (8, 8)).shape == (0, 1, 8, 8)

    def test_an_int_is_the_side_of_a_square(self, sampler: MaskSampler) -> None:
        assert isinstance(sampler, BaseSampler)
        square = sampler.batch(3, (20, 20), generator=seeded())
        assert torch.equal(sampler.batch(3, 20, generator=seeded()), square)

    def test_torch_defaults_change_nothing(self, sampler: MaskSampler) -> None:
        expected = sampler.batch(5, (20, 30), generator=seeded())
        torch.set_default_dtype(torch.float64)
        try:
            wide = sampler.batch(5, (20, 30), generator=seeded())
        finally:
            torch.set_default_dtype(torch.float32)
        with torch.device("meta"):
            elsewhere = sampler.batch(5, (20, 30), generator=seeded())
        for masks in (wide, elsewhere):
            assert masks.dtype == torch.float32
            assert torch.equal(masks, expected)

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
    def test_every_device_draws_the_same(self, sampler: MaskSampler) -> None:
        for size in ((5, 3), (64, 90), (256, 256)):
            here = sampler.batch(9, size, generator=seeded())
            there = sampler.batch(9, size, generator=seeded(), device="cuda")
            assert there.device.type == "cuda"
            assert torch.equal(there.cpu(), here)


def test_the_contract_covers_every_sampler() -> None:
    public = [getattr(lamakit.masks, name) for name in lamakit.masks.__all__]
    classes = {item.__name__ for item in public if inspect.isclass(item)}
    samplers = {
        item.__name__ for item in public if inspect.isclass(item) and issubclass(item, BaseSampler)
    }
    assert classes - samplers == {
        "FixedMasks",
        "Histogram",
        "MaskFiles",
        "MaskSampler",
        "MaskStack",
        "Ramp",
    }
    assert {name.split("-")[0] for name in SAMPLERS} == samplers | set(
        lamakit.masks.list_mask_samplers()
    )


BOXES = {"min_times": 1, "max_times": 1, "min_size": 1, "max_size": 2}
STROKES = {"min_times": 1, "max_times": 1, "max_width": 5, "max_len": 10}
ONE = lamakit.masks.CentreBox()


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("Boxes", BOXES | {"min_times": 2}, "max_times must be at least 2, got 1"),
        ("Boxes", BOXES | {"min_size": 0}, "min_size must be at least 1, got 0"),
        ("Boxes", BOXES | {"min_size": 3}, "max_size must be at least 3, got 2"),
        ("Boxes", BOXES | {"margin": -1}, "margin must be at least 0, got -1"),
        ("Strokes", STROKES | {"max_width": 4}, "max_width must be at least 5, got 4"),
        ("Strokes", STROKES | {"max_times": 0}, "max_times must be at least 1, got 0"),
        ("Strokes", STROKES | {"min_times": 2}, "max_times must be at least 2, got 1"),
        ("Strokes", STROKES | {"min_width": 0}, "min_width must be at least 1, got 0"),
        ("Strokes", STROKES | {"max_len": 9}, "max_len must be at least 10, got 9"),
        ("Strokes", STROKES | {"max_angle": -1}, "max_angle must be at least 0, got -1"),
        ("Strokes", STROKES | {"min_times": -1}, "min_times must be at least 0, got -1"),
        ("DiscStrokes", STROKES | {"min_len": 0}, "min_len must be at least 1, got 0"),
        ("SquareStrokes", STROKES | {"max_angle": 1.5}, "max_angle must be an int, got 1.5"),
        ("RandomAreaBox", {"max_area": 1.5}, "max_area must lie between 0 and 1, got 1.5"),
        ("RandomAreaBox", {"min_area": 0.5}, "max_area must be at least min_area=0.5, got 0.35"),
        ("CentreBox", {"area": -1}, "area must lie between 0 and 1, got -1"),
        ("Outpainting", {"probabilities": (1, 1)}, "probabilities must be four: .* got 2"),
        ("Outpainting", {"probabilities": (0, 0, 0, 0)}, "probabilities must not all be 0"),
        ("Outpainting", {"probabilities": (0, 0, 0, 2)}, r"probabilities\[3\] must lie between"),
        ("Outpainting", {"min_width": 0.5}, "max_width must be at least min_width=0.5"),
        ("SuperResolutionGrid", {"min_step": 1}, "min_step must be at least 2, got 1"),
        ("SuperResolutionGrid", {"max_step": 1}, "max_step must be at least 2, got 1"),
        ("SuperResolutionGrid", {"max_width": 0}, "max_width must be at least 1, got 0"),
        ("Completion", {"min_part": 0.9}, "max_part must be at least min_part=0.9, got 0.8"),
        ("Expand", {"divisors": ()}, "divisors must not be empty"),
        ("Expand", {"divisors": (2, 0)}, r"divisors\[1\] must be at least 1, got 0"),
        ("EveryNLines", {"steps": (1,)}, r"steps\[0\] must be at least 2, got 1"),
        ("NearestNeighbour", {"steps": ()}, "steps must not be empty"),
        ("OneOf", {"samplers": ()}, "samplers must be a sequence of at least one sampler"),
        ("OneOf", {"samplers": 3}, "samplers must be a sequence of at least one sampler"),
        ("OneOf", {"samplers": (ONE, 3)}, r"samplers\[1\] must be a mask sampler .* got 3"),
        ("OneOf", {"samplers": (ONE,), "weights": (1, 2)}, r"as many as samplers \(1\), got 2"),
        ("OneOf", {"samplers": (ONE,), "weights": (0,)}, "weights must be finite, at least 0"),
        ("OneOf", {"samplers": (ONE,), "weights": (-1,)}, "weights must be finite, at least 0"),
        ("UnionOf", {"samplers": []}, "samplers must be a sequence of at least one sampler"),
        ("Inverted", {"sampler": type(ONE)}, "sampler must be a mask sampler such as thick"),
        ("Dilated", {"sampler": ONE, "pixels": -1}, "pixels must be at least 0, got -1"),
        ("AreaBounds", {"sampler": ONE, "max_area": 2}, "max_area must lie between 0 and 1"),
        ("AreaBounds", {"sampler": ONE, "min_area": 0.6, "max_area": 0.5}, "min_area=0.6, got 0.5"),
        ("AreaBounds", {"sampler": ONE, "max_tries": 0}, "max_tries must be at least 1, got 0"),
        ("BySize", {"small": ONE, "large": ONE, "from_side": 0}, "from_side must be at least 1"),
        ("BySize", {"small": ONE, "large": None, "from_side": 1}, "large must be a mask sampler"),
        (
            "FromMasks",
            {"masks": torch.zeros(1, 3, 2, 2)},
            "mask must have shape .* got .1, 3, 2, 2",
        ),
        ("FromFolder", {"folder": "no/such"}, "folder must be an existing folder, got 'no/such'"),
        ("ObjectShaped", {"instances": 3}, "mask must be a torch.Tensor, .* got int"),
        ("thin", {"resolution": 0}, "resolution must be at least 1, got 0"),
        (
            "create_mask_sampler",
            {"name": "huge"},
            "no mask sampler is called 'huge'; known are big_lama_training",
        ),
    ],
)
def test_bad_settings(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        getattr(lamakit.masks, name)(**arguments)
