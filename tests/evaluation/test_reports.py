"""Means leave out NaN, tables align, and a missing plotting library is named with its extra."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
import torch

from lamakit.evaluation.reports import (
    Row,
    axes_or_new,
    format_mean,
    format_table,
    labelled,
    mean_and_error,
    write_csv,
)


def test_means_and_errors_leave_out_nan() -> None:
    mean, error = mean_and_error(torch.tensor([1.0, math.nan, 2.0, 3.0]))
    assert mean == 2
    assert error == pytest.approx(1 / math.sqrt(3))
    assert math.isnan(mean_and_error(torch.tensor([1.0]))[1])
    assert all(map(math.isnan, mean_and_error(torch.tensor([math.nan]))))


def test_means_are_written_with_their_error_if_known() -> None:
    assert format_mean(torch.tensor([1.0, 3.0])) == "2 ± 1"
    assert format_mean(torch.tensor([0.123456])) == "0.1235"
    assert format_mean(torch.tensor([])) == "nan"


def test_columns_are_aligned_at_their_right() -> None:
    assert format_table([["a", "metric"], ["long", "1"]]) == "   a  metric\nlong       1"


def test_rows_get_a_first_column() -> None:
    rows: dict[int, list[Row]] = {8: [{"x": 1}], 16: [{"x": 2}, {"x": 3}]}
    assert labelled("side", rows) == [
        {"side": 8, "x": 1},
        {"side": 16, "x": 2},
        {"side": 16, "x": 3},
    ]


def test_nan_is_an_empty_cell(tmp_path: Path) -> None:
    write_csv(tmp_path / "found.csv", [{"x": 1, "y": math.nan}, {"x": 2, "y": math.inf}])
    assert (tmp_path / "found.csv").read_text().split() == ["x,y", "1,", "2,inf"]


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(
        ImportError, match=r"a plot needs matplotlib: pip install 'lamakit\[evaluation\]'"
    ):
        axes_or_new(None)
