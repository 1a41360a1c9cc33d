"""Set metrics as classes give the numbers of the functions, beside image metrics too."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn
from torchmetrics import MetricCollection

from lamakit.evaluation import evaluate
from lamakit.metrics import SetMetric, fid, kid, p_ids, u_ids
from lamakit.metrics.torchmetrics import FID, KID, L1, PIDS, UIDS
from tests.evaluation.inputs import grey
from tests.metrics.inputs import MeanColor, box_masks, mean_color, random_images

CASES: dict[str, tuple[Callable[..., Any], Callable[..., SetMetric]]] = {
    "fid": (FID, fid),
    "kid": (partial(KID, subset_size=5, subsets=3), partial(kid, subset_size=5, subsets=3)),
    "p_ids": (PIDS, p_ids),
    "u_ids": (UIDS, u_ids),
}


@pytest.mark.filterwarnings("ignore:The ``compute`` method")  # which the error says, too
@pytest.mark.parametrize("case", CASES)
def test_each_is_its_function(case: str) -> None:
    build, build_function = CASES[case]
    x, y = random_images(0, 20, 3, 6, 6) * 0.9, random_images(1, 20, 3, 6, 6)
    metric, function = build(mean_color), build_function(mean_color)
    for part in (slice(0, 7), slice(7, 20)):
        metric.update(x[part], y[part])
        function.update(x[part], y[part])
    copy = pickle.loads(pickle.dumps(metric))
    for each in (metric, copy):
        torch.manual_seed(0)
        found = each.compute()
        torch.manual_seed(0)
        assert float(found) == pytest.approx(float(function.compute()), rel=1e-4, abs=1e-6)
    metric.reset()
    with pytest.raises(ValueError, match="at least 1 image is needed, got 0"):
        metric.compute()


def test_a_collection_holds_image_metrics_and_set_metrics() -> None:
    images, masks = random_images(0, 6, 3, 24, 32), box_masks(6)
    found = MetricCollection([FID(mean_color), UIDS(mean_color), L1()])
    found.update(grey(images * (1 - masks), masks), images, masks)
    assert found.compute().keys() == {"FID", "UIDS", "L1"}
    result = evaluate(grey, images, masks, metrics={"FID": FID(mean_color), "fid": fid(mean_color)})
    assert result.mean("FID") == pytest.approx(result.mean("fid"), rel=1e-4)


def test_a_network_moves_along_and_is_shared_by_area() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1))
    FID(network).to("meta")
    assert next(network.parameters()).is_meta
    images, masks = random_images(0, 4, 3, 24, 32), box_masks(1).repeat(4, 1, 1, 1)
    metrics = {"FID": FID(MeanColor())}  # copying its network is an error
    assert evaluate(grey, images, masks, metrics=metrics, set_values_by_area=True).set_values


def test_bad_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="subset_size must be at least 2, got 1"):
        KID(mean_color, subset_size=1)
    with pytest.raises(ValueError, match="must have one shape"):
        FID(mean_color).update(torch.rand(1, 3, 4, 4), torch.rand(2, 3, 4, 4))
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    with pytest.raises(ImportError, match=r"p_ids needs scikit-learn: .*lamakit\[evaluation\]"):
        PIDS(mean_color)
