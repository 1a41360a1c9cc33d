"""Every method is evaluated on the same masks of every family, in one table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch

from lamakit.evaluation import evaluate, evaluate_mask_families
from lamakit.masks import glama_families
from lamakit.metrics import SetMetric, fid, l1
from lamakit.metrics.regions import Metric
from tests.evaluation.inputs import black, grey
from tests.helpers import seeded
from tests.metrics.inputs import MeanColor, box_masks, mean_color, random_images


def test_every_method_gets_the_same_holes(tmp_path: Path) -> None:
    images = random_images(0, 3, 3, 24, 32)
    masks = {"thin": box_masks(3, grow=1), "thick": box_masks(3, grow=5)}
    metrics: dict[str, Metric | SetMetric] = {"L1": l1, "FID": fid(mean_color)}
    found = evaluate_mask_families({"black": black, "grey": grey}, images, masks, metrics=metrics)
    for family, comparison in found.comparisons.items():
        expected = evaluate(grey, images, masks[family], metrics=metrics)
        assert torch.equal(comparison.evaluations["grey"].values["L1"], expected.values["L1"])
        assert comparison.evaluations["grey"].mean("FID") == expected.mean("FID")
    lines = str(found).splitlines()
    assert [line.split()[0] for line in lines] == ["method", "black", "grey"]
    for title in ("thin L1", "thin FID", "thick L1", "thick FID", "seconds"):
        assert title in lines[0]
    for metric in ("L1", "FID"):
        means = found.means(metric)
        assert list(means) == ["thin", "thick"]
        assert means["thick"]["grey"] == expected.mean(metric)
    rows = found.rows()
    assert [(row["family"], row["method"], row["image"]) for row in rows] == [
        (family, method, image)
        for family in masks
        for method in ("black", "grey")
        for image in range(3)
    ]
    found.to_csv(tmp_path / "found.csv")
    with (tmp_path / "found.csv").open(newline="") as file:
        assert [float(row["L1"]) for row in csv.DictReader(file)] == [row["L1"] for row in rows]


def test_a_table_of_glamas_families() -> None:
    """GLaMa's tables 1 and 2: a row for each method, a column for each of the seven families."""
    images, generator = random_images(0, 4, 3, 128, 128), seeded()
    masks = {
        name: sampler.batch(4, (128, 128), generator=generator)
        for name, sampler in glama_families().items()
    }
    metrics: dict[str, Metric | SetMetric] = {"FID": fid(MeanColor())}
    table = evaluate_mask_families({"black": black, "grey": grey}, images, masks, metrics=metrics)
    heading, *rows = str(table).splitlines()
    assert [row.split()[0] for row in rows] == ["black", "grey"]
    assert heading.split() == ["method", *(w for name in masks for w in (name, "FID")), "seconds"]
    value = table.comparisons["expand"].evaluations["grey"].set_values["FID"]
    assert f"{value:.4g}" in rows[1].split()


def test_bad_arguments() -> None:
    images, masks = random_images(0, 2, 3, 24, 32), box_masks(2)
    metrics = {"L1": l1}
    with pytest.raises(TypeError, match=r"masks\['thin'\] are gone through several times"):
        evaluate_mask_families({"grey": grey}, images, {"thin": iter(masks)}, metrics=metrics)
    with pytest.raises(TypeError, match="images are gone through several times"):
        evaluate_mask_families({"grey": grey}, iter(images), {"thin": masks}, metrics=metrics)
    with pytest.raises(ValueError, match="methods and masks must hold at least one each"):
        evaluate_mask_families({}, images, {"thin": masks}, metrics=metrics)
    with pytest.raises(ValueError, match="methods and masks must hold at least one each"):
        evaluate_mask_families({"grey": grey}, images, {}, metrics=metrics)
