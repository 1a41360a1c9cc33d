"""Each class is the mean of its function, and is told whether more is better."""

from __future__ import annotations

import pytest
import torch
from torchmetrics import MetricCollection

from lamakit import metrics
from lamakit.metrics import torchmetrics as classes
from lamakit.metrics.regions import Metric
from tests.metrics.inputs import METRICS, box_masks, random_images

CLASSES: dict[str, type[classes.ImageMetric]] = {
    "l1": classes.L1,
    "psnr": classes.PSNR,
    "ssim": classes.SSIM,
    "log_spectral_distance": classes.LogSpectralDistance,
    "color_wasserstein": classes.ColorWasserstein,
}


@pytest.mark.parametrize("name", METRICS)
def test_each_is_the_mean_of_its_function(name: str) -> None:
    x, y, masks = random_images(0, 3, 3, 24, 32), random_images(1, 3, 3, 24, 32), box_masks(3)
    metric = CLASSES[name]()  # type: ignore[call-arg]
    torch.testing.assert_close(metric(x, y, masks), METRICS[name](x, y, masks).mean())
    best, other = (METRICS[name](prediction, y, masks).mean() for prediction in (y, x))
    assert metric.higher_is_better == bool(best > other)


def test_settings_reach_the_function() -> None:
    x, y, masks = random_images(0, 2, 3, 24, 32), random_images(1, 2, 3, 24, 32), box_masks(2)
    cases: list[tuple[classes.ImageMetric, Metric]] = [
        (
            classes.LogSpectralDistance(num_bins=3),
            lambda x, y, mask: metrics.log_spectral_distance(x, y, mask, num_bins=3),
        ),
        (
            classes.ColorWasserstein(num_bases=1, region=metrics.whole_image),
            lambda x, y, mask: metrics.color_wasserstein(
                x, y, metrics.whole_image(mask), num_bases=1
            ),
        ),
    ]
    for metric, function in cases:
        torch.testing.assert_close(metric(x, y, masks), function(x, y, masks).mean())
    with pytest.raises(ValueError, match="num_bins must be at least 1, got 0"):
        classes.LogSpectralDistance(num_bins=0)
    with pytest.raises(ValueError, match="num_bases must be at least 1, got 0"):
        classes.ColorWasserstein(num_bases=0)


def test_lpips_takes_weights_and_stands_in_a_collection() -> None:
    own = metrics.LPIPS()
    linear = {f"lin{i}.model.1.weight": w.detach() for i, w in enumerate(own.linear)}
    x, y, masks = random_images(0, 2, 3, 24, 32), random_images(1, 2, 3, 24, 32), box_masks(2)
    found = MetricCollection(
        [classes.LPIPS(own.backbone.body.state_dict(), linear), classes.PSNR()]
    )
    torch.testing.assert_close(found(x, y, masks)["LPIPS"], own(x, y, masks).mean())
