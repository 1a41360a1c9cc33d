"""Methods are compared by paired differences from the first."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch

from lamakit.evaluation import Comparison, evaluate
from lamakit.metrics import l1
from tests.evaluation.inputs import example, grey, small_evaluations
from tests.metrics.inputs import box_masks, random_images


def test_differences_are_paired() -> None:
    found = small_evaluations()
    difference = Comparison(found).difference("grey", "L1")
    assert torch.equal(difference, found["grey"].values["L1"] - found["black"].values["L1"])
    printed = str(Comparison(found))
    mean, error = difference.mean().item(), difference.std().item() / 2
    assert f"{mean:.4g} ± {error:.2g}" in printed
    assert f"{found['grey'].mean('FID') - found['black'].mean('FID'):.4g}" in printed
    assert "4 images. A difference is the paired one from black." in printed
    with pytest.raises(ValueError, match="no method is called 'white'; known are black, grey"):
        Comparison(found).difference("white", "L1")
    with pytest.raises(ValueError, match="no metric is called 'SSIM'"):
        Comparison(found).difference("grey", "SSIM")


def test_says_what_is_missing() -> None:
    printed = str(Comparison({"a": example(), "b": example()}))
    assert "a: ring is missing for 1 of 3 images.\nb: ring is missing" in printed
    assert "0 ± 0" in printed


def test_writes_a_row_for_each_method_and_image(tmp_path: Path) -> None:
    comparison = Comparison(small_evaluations())
    comparison.to_csv(tmp_path / "found.csv")
    with (tmp_path / "found.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["method", "image", "area", "seconds", "L1", "PSNR", "FID"]
    assert [row["method"] for row in rows] == 4 * ["black"] + 4 * ["grey"]
    assert [row["method"] for row in comparison.rows()] == [row["method"] for row in rows]
    assert {float(row["FID"]) for row in rows[:4]} == {comparison.means("FID")["black"]}


def test_means_of_every_method() -> None:
    found = small_evaluations()
    expected = {name: evaluation.mean("L1") for name, evaluation in found.items()}
    assert Comparison(found).means("L1") == expected


def test_plots_every_method() -> None:
    axes = Comparison(small_evaluations()).plot_by_area("L1")
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["black", "grey"]


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="at least one evaluation, got none"):
        Comparison({})
    images, masks = random_images(0, 4, 3, 24, 32), box_masks(4)
    other = evaluate(grey, images, masks, metrics={"L1": l1})
    with pytest.raises(ValueError, match="'other' must have the metrics of 'black'"):
        Comparison({**small_evaluations(), "other": other})
    moved = evaluate(grey, images, masks.flip(0), metrics={"L1": l1})
    with pytest.raises(ValueError, match="'moved' must have the images and masks of 'other'"):
        Comparison({"other": other, "moved": moved})
