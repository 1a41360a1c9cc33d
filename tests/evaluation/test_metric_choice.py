"""Metrics are chosen by name, as a list, or with names of the caller's."""

from __future__ import annotations

from typing import Any

import pytest

from lamakit.evaluation import evaluate
from lamakit.evaluation.metric_choice import OneMetric, metrics_by_name
from lamakit.metrics import LPIPS, fid, kid, l1, p_ids, psnr, restrict_to, ssim, whole_image
from lamakit.metrics.torchmetrics import PSNR
from tests.evaluation.inputs import grey
from tests.metrics.inputs import METRICS, box_masks, mean_color, random_images


def test_names_and_functions() -> None:
    assert metrics_by_name("psnr") == metrics_by_name(psnr) == {"psnr": psnr}
    assert metrics_by_name(["PSNR", ssim, "l1"]) == {"PSNR": psnr, "ssim": ssim, "l1": l1}
    assert metrics_by_name({"a": "psnr", "b": l1}) == {"a": psnr, "b": l1}
    assert metrics_by_name(tuple(METRICS)) == METRICS
    assert metrics_by_name([]) == {}


def test_objects_are_named_after_their_function_or_class() -> None:
    lpips, distance = LPIPS(), fid(mean_color)
    chosen: list[OneMetric] = [lpips, distance, kid(mean_color), p_ids(mean_color), PSNR()]
    found = metrics_by_name(chosen)
    assert list(found) == ["LPIPS", "fid", "kid", "p_ids", "PSNR"]
    assert list(found.values()) == chosen
    assert metrics_by_name(distance) == {"fid": distance}


def test_the_default() -> None:
    found = evaluate(grey, random_images(0, 2, 3, 24, 32), box_masks(2))
    assert list(found.values) == ["psnr", "ssim", "l1"]


@pytest.mark.parametrize(
    ("metrics", "error", "message"),
    [
        ("vif", ValueError, "no metric is called 'vif'; known are color_wasserstein, l1, log_s"),
        (["psnr", "LPIPS"], ValueError, r"'LPIPS' needs a network, .*\['psnr', LPIPS\('vgg16"),
        ("fid", ValueError, r"'fid' needs a network, so give .* fid\(extractor\)"),
        ([psnr, "psnr"], ValueError, "two metrics are called 'psnr': give names of your own"),
        ([lambda x, y, _: x - y], ValueError, r"has no name: give it one, metrics=\{'name'"),
        ([restrict_to(whole_image, l1)], ValueError, "has no name"),
        ([3], TypeError, "must be a function, a set metric or a name, got 3"),
        ({"psnr": None}, TypeError, "must be a function, a set metric or a name, got None"),
    ],
)
def test_bad_arguments(metrics: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        metrics_by_name(metrics)
