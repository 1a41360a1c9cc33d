"""The mean over all images of any image metric, alone and in a MetricCollection."""

from __future__ import annotations

import pickle

import pytest
import torch
from torch import Tensor, nn
from torchmetrics import MetricCollection

from lamakit.evaluation import evaluate
from lamakit.evaluation.metric_choice import OneMetric
from lamakit.metrics import LPIPS, known_pixels, l1, psnr, ring_around_hole
from lamakit.metrics.torchmetrics import L1, PSNR, SSIM, ColorWasserstein, ImageMetric
from tests.evaluation.inputs import grey
from tests.metrics.inputs import box_masks, random_images


def inputs(count: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    return random_images(0, count, 3, 24, 32), random_images(1, count, 3, 24, 32), box_masks(count)


@pytest.mark.filterwarnings("ignore:The ``compute`` method")  # which the error says, too
def test_it_is_the_mean_whatever_the_batches() -> None:
    x, y, masks = inputs()
    masks[2] = 0  # an image without a value
    expected = psnr(x, y, masks).nanmean()
    for batch_size in (1, 2, 5):
        metric = ImageMetric(psnr)
        for batch in zip(*(t.split(batch_size) for t in (x, y, masks)), strict=True):
            metric.update(*batch)
        torch.testing.assert_close(metric.compute(), expected)
    metric.reset()
    with pytest.raises(ValueError, match="at least 1 image is needed, got 0: call update first"):
        metric.compute()


def test_a_call_returns_the_value_of_its_batch() -> None:
    x, y, masks = inputs(4)
    metric = PSNR()
    for part in (slice(0, 1), slice(1, 4)):
        found = metric(x[part], y[part], masks[part])
        torch.testing.assert_close(found, psnr(x[part], y[part], masks[part]).mean())
    torch.testing.assert_close(metric.compute(), psnr(x, y, masks).mean())


def test_the_region_is_made_from_the_mask() -> None:
    x, y, masks = inputs(2)
    for region in (known_pixels, ring_around_hole(2)):
        found = ImageMetric(l1, region=region)(x, y, masks)
        torch.testing.assert_close(found, l1(x, y, region(masks)).mean())


def test_a_collection_keeps_metrics_apart_that_begin_with_equal_values() -> None:
    """It would take two metrics with equal states after the first batch for one metric."""
    x, y, masks = inputs(2)
    found = MetricCollection(
        {
            "l1": L1(),
            "known": L1(region=known_pixels),
            "near": L1(region=ring_around_hole(1)),
            "colours": ColorWasserstein(),
        }
    )
    found.update(x, x, masks)
    found.update(x, y, masks)
    for name, metric in (
        ("known", L1(region=known_pixels)),
        ("near", L1(region=ring_around_hole(1))),
    ):
        metric.update(x, x, masks)
        metric.update(x, y, masks)
        torch.testing.assert_close(found.compute()[name], metric.compute())
    assert len(set(map(float, found.compute().values()))) == 4


def test_copies_hold_what_they_have_seen() -> None:
    x, y, masks = inputs(4)
    metric = ImageMetric(l1, region=ring_around_hole(2))
    metric.update(x[:2], y[:2], masks[:2])
    for copy in (pickle.loads(pickle.dumps(metric)), metric.clone()):
        copy.update(x[2:], y[2:], masks[2:])
        torch.testing.assert_close(copy.compute(), l1(x, y, ring_around_hole(2)(masks)).mean())
    other = ImageMetric(l1, region=ring_around_hole(2))
    other.update(x[2:], y[2:], masks[2:])
    other.merge_state(metric)
    torch.testing.assert_close(other.compute(), l1(x, y, ring_around_hole(2)(masks)).mean())


def test_a_network_moves_along_but_stays_out_of_checkpoints() -> None:
    network = LPIPS()
    parent = nn.ModuleDict({"metric": ImageMetric(network)})
    assert not parent.state_dict()
    assert not list(parent.parameters())
    parent.to("meta")
    assert next(network.parameters()).is_meta
    network = LPIPS()
    ImageMetric(network).half()  # which torchmetrics leaves to set_dtype
    assert network.linear[0].dtype == torch.float32


def test_evaluate_gives_them_the_mask() -> None:
    images, masks = random_images(0, 4, 3, 24, 32), box_masks(4, grow=5)
    metrics: dict[str, OneMetric] = {
        "l1": l1,
        "L1": L1(),
        "all": MetricCollection([PSNR(), SSIM()]),
    }
    found = evaluate(grey, images, masks, metrics=metrics, batch_size=3, set_values_by_area=True)
    assert found.set_values.keys() == {"L1", "all PSNR", "all SSIM"}
    assert found.mean("L1") == pytest.approx(found.mean("l1"))
    assert found.means_by_area("L1") == pytest.approx(found.means_by_area("l1"))


def test_unknown_options() -> None:
    with pytest.raises(ValueError, match="Unexpected keyword arguments: `data_range`"):
        PSNR(data_range=1.0)  # type: ignore[call-arg]
