"""Mask areas fall into ten bins of 10 % each."""

from __future__ import annotations

import pytest
import torch

from lamakit.evaluation import area_bin
from lamakit.evaluation.area_bins import bin_label


def test_ten_bins() -> None:
    edges = torch.arange(11, dtype=torch.float64) / 10
    assert area_bin(edges).tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9]
    assert area_bin(edges[1:] - 1e-9).tolist() == list(range(10))


def test_labels_are_percentages() -> None:
    assert [bin_label(0), bin_label(4), bin_label(9)] == ["0-10 %", "40-50 %", "90-100 %"]


def test_areas_are_shares() -> None:
    with pytest.raises(TypeError, match=r"areas must be a floating-point .* torch\.int64"):
        area_bin(torch.arange(3))
