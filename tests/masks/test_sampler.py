"""What counts as a mask sampler; tests/contract has what every sampler promises."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lamakit.masks import Boxes, Inverted, MaskSampler, OneOf
from lamakit.masks.sampler import as_size, check_choices, check_sampler
from tests.helpers import seeded

BOX = Boxes(min_times=1, max_times=1, min_size=2, max_size=4)


class Halves:
    """Masks of the upper half, without a base class."""

    def __call__(
        self, size: tuple[int, int], *, generator: torch.Generator | None = None
    ) -> Tensor:
        return self.batch(1, size, generator=generator)[0]

    def batch(
        self,
        n: int,
        size: tuple[int, int],
        *,
        generator: torch.Generator | None = None,  # noqa: ARG002 (nothing is random)
        device: torch.device | str | None = None,
    ) -> Tensor:
        masks = torch.zeros(n, 1, *size, device=device)
        masks[:, :, : size[0] // 2] = 1
        return masks


def test_any_class_with_both_methods_is_a_sampler() -> None:
    halves: MaskSampler = Halves()
    check_sampler("sampler", halves)
    mixed = OneOf((halves, BOX)).batch(40, (8, 12), generator=seeded())
    assert {float(area) for area in mixed.mean((1, 2, 3))} >= {0.5}
    assert torch.equal(Inverted(halves)((8, 12))[:, :4], torch.zeros(1, 4, 12))


@pytest.mark.parametrize("value", [None, 3, Boxes, Halves, torch.rand])
def test_what_is_no_sampler(value: object) -> None:
    with pytest.raises(TypeError, match="it must be a mask sampler such as thick"):
        check_sampler("it", value)


def test_choices() -> None:
    assert check_choices("steps", [2, 5], 2) == (2, 5)
    with pytest.raises(ValueError, match="steps must not be empty: one of them is drawn"):
        check_choices("steps", [], 2)
    with pytest.raises(ValueError, match=r"steps\[1\] must be at least 2, got 1"):
        check_choices("steps", [2, 1], 2)
    with pytest.raises(TypeError, match=r"steps\[0\] must be an int, got 2.5"):
        check_choices("steps", [2.5], 2)  # type: ignore[list-item]


def test_one_mask_is_the_first_of_a_batch_of_one() -> None:
    alone = BOX((20, 30), generator=seeded())
    assert torch.equal(alone, BOX.batch(1, (20, 30), generator=seeded())[0])


def test_an_int_is_the_side_of_a_square() -> None:
    assert BOX(20).shape == (1, 20, 20)
    assert torch.equal(
        BOX.batch(3, 20, generator=seeded()), BOX.batch(3, (20, 20), generator=seeded())
    )
    mixed = OneOf(Halves(), BOX, Inverted(Halves()))  # samplers without the base get a pair
    assert mixed.batch(9, 20).shape == (9, 1, 20, 20)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (0, "size must be at least 1, got 0"),
        (True, "size must be an int, got True"),
        (8.5, r"size must be \(H, W\), or an int for a square, got 8.5 of type float$"),
        ((4, 0), r"size\[1\] must be at least 1, got 0"),
        ((4, 4, 4), r"size must be \(H, W\), or an int for a square, got \(4, 4, 4\) of type"),
        (torch.Size([3, 4, 4]), r"of type Size; of an image, give image.shape\[-2:\]"),
        (torch.zeros(3, 4, 4), r"of type Tensor; of an image, give image.shape\[-2:\]"),
    ],
)
def test_what_is_no_size(size: object, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        as_size(size)
