"""A result is a table by mask area, a CSV file and a plot, and counts what has no value."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lamakit.evaluation import Evaluation
from tests.evaluation.inputs import example


def test_prints_a_table_by_area_that_counts_what_is_missing() -> None:
    assert str(example()).splitlines() == [
        "mask area  images         PSNR          ring   FID  seconds",
        "  10-20 %       2       22 ± 2           0.5            0.3",
        "  40-50 %       1           14          0.25            0.1",
        "      all       3  19.33 ± 2.9  0.375 ± 0.12  12.5      0.1",
        "ring is missing for 1 of 3 images.",
    ]


def test_prints_what_no_image_has() -> None:
    none = Evaluation({"ring": torch.tensor([math.nan])}, {}, torch.zeros(1), torch.ones(1))
    assert str(none).splitlines()[-2:] == [
        "      all       1   nan        1",
        "ring is missing for 1 of 1 images.",
    ]


def test_means_leave_out_what_is_missing() -> None:
    assert example().mean("ring") == 0.375
    assert example().mean("FID") == 12.5
    with pytest.raises(ValueError, match="no metric is called 'SSIM'; known are PSNR, ring"):
        example().mean("SSIM")


def test_writes_a_row_for_each_image(tmp_path: Path) -> None:
    example().to_csv(tmp_path / "found.csv")
    with (tmp_path / "found.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "area", "seconds", "PSNR", "ring", "FID"]
    assert [row["image"] for row in rows] == ["0", "1", "2"]
    assert [float(row["PSNR"]) for row in rows] == [20, 24, 14]
    assert [row["ring"] for row in rows] == ["0.5", "", "0.25"]
    assert [row["FID"] for row in rows] == 3 * ["12.5"]


def test_rows_are_data() -> None:
    rows = example().rows()
    assert rows[2] == pytest.approx(
        {"image": 2, "area": 0.42, "seconds": 0.1, "PSNR": 14, "ring": 0.25, "FID": 12.5}
    )
    assert isinstance(rows[1]["ring"], float)
    assert math.isnan(rows[1]["ring"])


def test_means_by_area() -> None:
    assert example().means_by_area("PSNR") == {"10-20 %": 22, "40-50 %": 14}
    assert example().means_by_area("ring") == {"10-20 %": 0.5, "40-50 %": 0.25}
    with pytest.raises(
        ValueError, match=r"'FID' was not .* evaluate\(..., set_values_by_area=True"
    ):
        example().means_by_area("FID")
    found = replace(example(), set_values_by_area={1: {"FID": 3.5}, 4: {"FID": 2.5}})
    assert found.means_by_area("FID") == {"10-20 %": 3.5, "40-50 %": 2.5}
    with pytest.raises(ValueError, match="no metric is called 'SSIM'"):
        found.means_by_area("SSIM")


def test_plots_the_mean_of_each_bin() -> None:
    axes = example().plot_by_area("PSNR", label="mine")
    (drawn,) = axes.containers
    assert drawn.get_label() == "mine"
    assert drawn[0].get_xdata().tolist() == [15, 45]
    assert drawn[0].get_ydata().tolist() == [22, 14]
    assert example().plot_by_area("ring", axes=axes) is axes
    with pytest.raises(ValueError, match="no metric is called 'FID'"):
        example().plot_by_area("FID")
