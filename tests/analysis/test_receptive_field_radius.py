"""The radius of a receptive field, and how it grows from stage to stage."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from lamakit.analysis import (
    effective_receptive_field,
    receptive_field_growth,
    receptive_field_radius,
)
from lamakit.generators import lama_fourier
from tests.analysis.inputs import DTYPES, box_blur, computed_dtype, images

sides = st.integers(1, 24)


@given(height=sides, width=sides, data=st.data(), share=st.floats(0, 1))
def test_radius_of_one_pixel_is_zero(
    height: int, width: int, data: st.DataObject, share: float
) -> None:
    field = torch.zeros(height, width)
    row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    field[row, column] = 3
    assert receptive_field_radius(field, share=share) == 0


@given(height=sides, width=sides)
def test_radius_of_everything_reaches_the_corner(height: int, width: int) -> None:
    radius = receptive_field_radius(torch.ones(height, width).double(), share=1)
    assert radius == pytest.approx(math.hypot(height - 1, width - 1) / 2)


@given(share=st.floats(0.05, 0.95))
def test_radius_of_a_disc_is_that_of_its_share(share: float) -> None:
    rows = torch.arange(201.0) - 100
    disc = (torch.hypot(rows[:, None], rows) <= 90).float()
    assert receptive_field_radius(disc, share=share) == pytest.approx(90 * share**0.5, abs=1)


@given(shift=st.integers(0, 8), scale=st.floats(0.01, 100))
def test_radius_depends_neither_on_place_nor_on_scale(shift: int, scale: float) -> None:
    small = images(5, 5).abs()
    field = F.pad(small, (shift, 8 - shift, 3, 4)) * scale
    assert receptive_field_radius(field) == pytest.approx(float(receptive_field_radius(small)))


def test_small_values_far_away_count() -> None:
    radius = torch.hypot(*torch.meshgrid(*[torch.arange(-50.0, 51.0)] * 2, indexing="ij"))
    field = torch.exp(
        -radius / 2
    )  # in float32: added to the rest, the corners are lost in rounding
    assert float(receptive_field_radius(field, share=1)) == pytest.approx(50 * 2**0.5)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_precision(dtype: torch.dtype) -> None:
    radius = receptive_field_radius(torch.ones(4, 4, dtype=dtype), share=1)
    assert radius.dtype == computed_dtype(dtype)
    assert float(radius) == pytest.approx(1.5 * math.sqrt(2))


def test_bad_arguments_of_the_radius() -> None:
    with pytest.raises(TypeError, match=r"field must be a floating-point tensor, got torch.int64"):
        receptive_field_radius(torch.ones(3, 3, dtype=torch.int64))
    with pytest.raises(TypeError, match=r"field must be a torch\.Tensor, got list"):
        receptive_field_radius([[1.0]])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"field must have shape \(H, W\), got \(1, 3, 3\)"):
        receptive_field_radius(torch.ones(1, 3, 3))
    with pytest.raises(ValueError, match="share must lie between 0 and 1, got 95"):
        receptive_field_radius(torch.ones(3, 3), share=95)


@given(strides=st.lists(st.integers(1, 2), min_size=1, max_size=4))
def test_growth_is_monotone_for_plain_convolutions(strides: list[int]) -> None:
    stages = nn.Sequential(*(box_blur(stride=stride) for stride in strides))
    radii = receptive_field_growth(stages, images(1, 1, 64, 64), share=1)
    reach, pixel, expected = 0, 1, []
    for stride in strides:
        reach, pixel = reach + pixel, pixel * stride
        expected.append(reach * math.sqrt(2))
    torch.testing.assert_close(radii, torch.tensor(expected, dtype=torch.float64))
    effective = receptive_field_growth(stages, images(1, 1, 64, 64), share=0.5)
    assert (effective.diff() >= 0).all()
    assert (effective <= radii).all()


def test_growth_is_the_radius_of_each_part_of_a_generator() -> None:
    torch.manual_seed(0)
    model, x = lama_fourier(base_channels=4, num_blocks=2).eval(), torch.rand(1, 4, 64, 64)
    radii = receptive_field_growth([*model.front, *model.rear], x)
    assert radii.shape == (10,)
    assert radii[-1] == receptive_field_radius(effective_receptive_field(model, x))
    assert radii[3] == receptive_field_radius(effective_receptive_field(model.front, x))
    assert radii[4] > 2 * radii[3]  # the first Fourier block connects all pixels


def test_growth_needs_a_stage() -> None:
    with pytest.raises(ValueError, match="the number of stages must be at least 1, got 0"):
        receptive_field_growth([], images(1, 1, 4, 4))
