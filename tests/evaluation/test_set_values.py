"""Set metrics in evaluate: torchmetrics' own as they are, and values for each bin of mask area."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn
from torchmetrics import MetricCollection
from torchmetrics.image import PeakSignalNoiseRatio
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from lamakit.evaluation import area_bin, evaluate
from lamakit.metrics import SetMetric, fid, l1, p_ids
from lamakit.metrics.regions import Metric
from tests.evaluation.inputs import grey
from tests.metrics.inputs import MeanColor, box_masks, random_images, random_mask

KID: dict[str, Any] = {"subset_size": 4, "subsets": 1}


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save")  # as it does
class TestTorchmetrics:
    def test_as_they_are(self) -> None:
        images, masks = random_images(0, 6, 3, 24, 32), box_masks(6)
        network = MeanColor()
        metrics: dict[str, Metric | SetMetric] = {
            "FID": FrechetInceptionDistance(feature=network, normalize=True),
            "KID": KernelInceptionDistance(feature=network, **KID),
            "all": MetricCollection(
                {
                    "PSNR": PeakSignalNoiseRatio(data_range=1.0),
                    "FID": FrechetInceptionDistance(feature=network, normalize=True),
                }
            ),
            "L1": l1,
        }
        found = evaluate(grey, images, masks, metrics=metrics, batch_size=4)
        filled = grey(images * (1 - masks), masks)
        alone = FrechetInceptionDistance(feature=network, normalize=True)
        alone.update(images, real=True)
        alone.update(filled, real=False)
        assert found.set_values["FID"] == pytest.approx(float(alone.compute()), rel=1e-6)
        assert found.set_values["all FID"] == found.set_values["FID"]
        psnr = PeakSignalNoiseRatio(data_range=1.0)(filled, images)
        assert found.set_values["all PSNR"] == pytest.approx(float(psnr), rel=1e-6)
        assert found.set_values.keys() == {"FID", "KID", "KID std", "all FID", "all PSNR"}
        assert all(math.isfinite(value) for value in found.set_values.values())
        assert found.values.keys() == {"L1"}
        again = evaluate(grey, images, masks, metrics={"FID": metrics["FID"]})
        assert again.set_values["FID"] == pytest.approx(found.set_values["FID"])

    @pytest.mark.parametrize("normalize", [False, True])
    def test_their_own_network_gets_bytes(self, normalize: bool) -> None:
        network = MeanColor()
        metric = FrechetInceptionDistance(feature=network, normalize=normalize)
        metric.used_custom_model = False  # as with their Inception, which is a download
        images, masks = random_images(0, 4, 3, 24, 32), box_masks(4)
        evaluate(lambda image, mask: 3 * image - mask, images, masks, metrics={"FID": metric})
        filled, target = network.seen[:2]
        prediction = (3 * images[:1] * (1 - masks[:1]) - masks[:1]).clamp(0, 1)
        assert torch.equal(filled, (prediction * 255).byte())
        assert torch.equal(target, (images[:1] * 255).byte())

    def test_a_network_whose_parameters_learn(self) -> None:
        """What inpaint returns in inference mode must not be recorded for a gradient."""
        network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        metric = FrechetInceptionDistance(feature=network, input_img_size=(3, 8, 8), normalize=True)
        model = nn.Conv2d(4, 3, 1)
        found = evaluate(
            model, random_images(0, 4, 3, 24, 32), box_masks(4), metrics={"FID": metric}
        )
        assert found.set_values["FID"] > 0


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save")
class TestByArea:
    def test_each_bin_is_an_evaluation_of_its_images(self) -> None:
        images, masks = (
            random_images(0, 30, 3, 24, 32),
            torch.cat(
                [random_mask(0, 6, 1, 24, 32)] + [torch.ones(6, 1, 24, 32)] + 3 * [box_masks(6)]
            ),
        )
        network = MeanColor()
        metrics: dict[str, Metric | SetMetric] = {
            "FID": fid(network),
            "KID": KernelInceptionDistance(feature=network, **KID),
            "P-IDS": p_ids(network),
            "L1": l1,
        }
        with pytest.warns(UserWarning, match="KID"):  # some bins have too few images for it
            found = evaluate(
                grey, images, masks, metrics=metrics, batch_size=7, set_values_by_area=True
            )
        bins = area_bin(found.areas)
        assert found.set_values_by_area.keys() == set(bins.tolist())
        assert len(found.set_values_by_area) > 2
        for number, values in found.set_values_by_area.items():
            chosen = bins == number
            if int(chosen.sum()) < KID["subset_size"]:
                assert math.isnan(values["KID"])
                continue
            part = evaluate(grey, images[chosen], masks[chosen], metrics=metrics)
            for name in ("FID", "P-IDS"):
                assert values[name] == pytest.approx(part.set_values[name], rel=1e-6, abs=1e-12)
        rows = str(found).splitlines()
        assert all(
            f"{found.set_values_by_area[n]['FID']:.4g}" in row
            for n, row in zip(sorted(found.set_values_by_area), rows[1:], strict=False)
        )

    def test_a_bin_with_too_few_images_has_no_value(self) -> None:
        images, masks = random_images(0, 4, 3, 24, 32), box_masks(1).repeat(4, 1, 1, 1)
        masks[0] = 1
        metrics: dict[str, Metric | SetMetric] = {"FID": fid(MeanColor()), "L1": l1}
        with pytest.warns(
            UserWarning,
            match="masks of 90-100 % of an image: the metric 'FID' has no value: at least 2 images",
        ):
            found = evaluate(grey, images, masks, metrics=metrics, set_values_by_area=True)
        assert math.isnan(found.set_values_by_area[9]["FID"])
        assert math.isfinite(found.set_values["FID"])
        assert str(found).splitlines()[-2].split()[-2].startswith("0.")  # L1 stands alone

    def test_bins_start_empty_whatever_a_reset_keeps(self) -> None:
        images, masks = random_images(0, 8, 3, 24, 32), box_masks(1).repeat(8, 1, 1, 1)
        masks[4:] = 1
        values = []
        for kept in (False, True):
            metric = FrechetInceptionDistance(
                feature=MeanColor(), normalize=True, reset_real_features=not kept
            )
            found = evaluate(grey, images, masks, metrics={"FID": metric}, set_values_by_area=True)
            values.append([bin_values["FID"] for bin_values in found.set_values_by_area.values()])
        assert values[0] == values[1]

    def test_networks_are_shared_however_they_are_called(self) -> None:
        images, masks = random_images(0, 8, 3, 24, 32), box_masks(1).repeat(8, 1, 1, 1)
        network = MeanColor()
        for extractor in (network, network.forward, partial(network)):
            metrics: dict[str, Metric | SetMetric] = {"FID": fid(extractor)}
            assert evaluate(
                grey, images, masks, metrics=metrics, set_values_by_area=True
            ).set_values

    def test_what_is_no_number(self) -> None:
        images, masks = random_images(0, 4, 3, 24, 32), box_masks(4)
        each = PeakSignalNoiseRatio(data_range=1.0, reduction="none", dim=(1, 2, 3))
        with pytest.raises(ValueError, match="the metric 'PSNR' has no value"):
            evaluate(grey, images, masks, metrics={"PSNR": each})

    def test_nothing_by_area_unless_asked(self) -> None:
        images, masks = random_images(0, 4, 3, 24, 32), box_masks(4)
        assert not evaluate(
            grey, images, masks, metrics={"FID": fid(MeanColor())}
        ).set_values_by_area
