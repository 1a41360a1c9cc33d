"""P-IDS and U-IDS are the formulas on the margins of a linear support vector machine."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.svm import LinearSVC

from lamakit.metrics import SetMetric, p_ids, u_ids
from tests.metrics.inputs import MeanColor, mean_color, random_images


def test_they_are_the_formulas() -> None:
    x, y = random_images(0, 40, 3, 6, 6) * 0.95, random_images(1, 40, 3, 6, 6)
    paired, unpaired = p_ids(MeanColor()), u_ids(MeanColor())
    for metric in (paired, unpaired):
        for part in (slice(0, 7), slice(7, 40)):
            metric.update(x[part], y[part])
    real, fake = (image.double().mean(dim=(2, 3)).numpy() for image in (y, x))
    features, labels = np.concatenate([real, fake]), np.repeat([1, 0], 40)
    machine = LinearSVC(dual=False).fit(features, labels)
    margins = machine.decision_function(features)
    assert paired.compute() == (margins[40:] > margins[:40]).mean()
    assert unpaired.compute() == pytest.approx(1 - machine.score(features, labels))
    assert 0 < float(paired.compute()) < 0.5


@pytest.mark.parametrize("build", [p_ids, u_ids])
def test_sets_of_one_kind_cannot_be_told_apart(build: Callable[..., SetMetric]) -> None:
    x, y = random_images(0, 400, 3, 4, 4), random_images(1, 400, 3, 4, 4)
    metric = build(MeanColor())
    metric.update(x, y)
    assert float(metric.compute()) == pytest.approx(0.5, abs=0.06)
    metric.reset()
    metric.update(x / 3, y / 3 + 2 / 3)
    assert metric.compute() == 0


def test_predictions_equal_to_their_targets_score_zero_pairs() -> None:
    images = random_images(0, 20, 3, 4, 4)
    metric = p_ids(MeanColor())
    metric.update(images, images)
    assert metric.compute() == 0


@pytest.mark.parametrize("build", [p_ids, u_ids])
def test_they_can_be_pickled(build: Callable[..., SetMetric]) -> None:
    x, y = random_images(0, 20, 3, 4, 4), random_images(1, 20, 3, 4, 4)
    metric = build(mean_color)
    metric.update(x, y)
    assert pickle.loads(pickle.dumps(metric)).compute() == metric.compute()


@pytest.mark.parametrize("build", [p_ids, u_ids])
def test_bad_arguments(build: Callable[..., SetMetric], monkeypatch: pytest.MonkeyPatch) -> None:
    metric = build(MeanColor())
    with pytest.raises(ValueError, match="at least 1 image is needed, got 0"):
        metric.compute()
    with pytest.raises(ValueError, match="must have one shape"):
        metric.update(torch.rand(1, 3, 4, 4), torch.rand(2, 3, 4, 4))
    with pytest.raises(ValueError, match=r"must be \(B, D\) or \(B, D, h, w\) with B = 2, got"):
        build(lambda image: image[0]).update(*torch.rand(2, 2, 3, 4, 4))
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    with pytest.raises(
        ImportError, match=rf"{build.__name__} needs scikit-learn: .*lamakit\[evaluation\]"
    ):
        build(MeanColor())
