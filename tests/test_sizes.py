"""Sizes rounded up, sizes scaled down, and the smallest size that a module accepts."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lamakit._sizes import fitting_size, scaled_down, smallest_side

Conv = partial(nn.Conv2d, 1, 1)


@pytest.mark.parametrize(
    ("size", "multiple", "min_size", "fitting"),
    [
        ((8, 16), 8, 1, (8, 16)),
        ((9, 1), 8, 1, (16, 8)),
        ((3, 40), 8, 20, (24, 40)),
        ((3, 5), 1, 4, (4, 5)),
    ],
)
def test_fitting_size(
    size: tuple[int, int], multiple: int, min_size: int, fitting: tuple[int, int]
) -> None:
    assert fitting_size(size, multiple, min_size) == fitting


@given(st.tuples(st.integers(1, 500), st.integers(1, 500)), st.integers(1, 64), st.integers(1, 100))
def test_a_fitting_size_is_the_smallest(
    size: tuple[int, int], multiple: int, min_size: int
) -> None:
    for side, fitting in zip(size, fitting_size(size, multiple, min_size), strict=True):
        assert fitting % multiple == 0
        assert fitting >= max(side, min_size) > fitting - multiple


@pytest.mark.parametrize(
    ("module", "smallest"),
    [
        (nn.ReLU(), 1),
        (Conv(7, padding=3), 1),
        (Conv(7, padding=3, padding_mode="replicate"), 1),
        (Conv(7, padding=3, padding_mode="reflect"), 4),
        (Conv(7, padding=3, padding_mode="circular"), 3),
        (Conv(3, dilation=4, padding="same", padding_mode="reflect"), 5),
        (Conv((3, 9), padding=(1, 4), padding_mode="reflect"), 5),
        (nn.ReflectionPad2d((0, 0, 0, 2)), 3),
        (nn.CircularPad2d(2), 2),
        (nn.ZeroPad2d(9), 1),
    ],
    ids=str,
)
def test_smallest_side_is_the_smallest_that_runs(module: nn.Module, smallest: int) -> None:
    assert smallest_side(module) == smallest
    module(torch.zeros(1, 1, smallest, 9))
    if smallest > 1:
        with pytest.raises(RuntimeError, match=r"[Pp]adding"):
            module(torch.zeros(1, 1, smallest - 1, smallest - 1))


def test_smallest_side_looks_at_every_part() -> None:
    inner = nn.Sequential(nn.ReLU(), nn.ReflectionPad2d(5))
    assert smallest_side(nn.Sequential(nn.ReflectionPad2d(1), inner)) == 6


@pytest.mark.parametrize(
    ("value", "whole"), [(100 * 0.29, 29), (8 * 0.75, 6), (7.999, 7), (3, 3), (0.0, 0)]
)
def test_scaled_down(value: float, whole: int) -> None:
    assert scaled_down(value) == whole
    assert isinstance(scaled_down(value), int)


def test_shares_in_hundredths_keep_whole_products_whole() -> None:
    for hundredths in range(101):
        assert scaled_down(100 * (hundredths / 100)) == hundredths
