"""Metrics of whole sets: any extractor, torchmetrics' own, by bin of mask area, P-IDS and U-IDS."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.svm import LinearSVC
from torch import Tensor, nn
from torch.nn import functional as F
from torchmetrics import MetricCollection
from torchmetrics.image import PeakSignalNoiseRatio
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance
from typing_extensions import override

from lamakit.evaluation import area_bin, evaluate, evaluate_mask_families
from lamakit.losses import PerceptualLoss
from lamakit.masks import glama_families
from lamakit.metrics import (
    LPIPS,
    SetMetric,
    fid,
    kid,
    known_pixels,
    l1,
    missing_pixels,
    p_ids,
    restrict_to,
    u_ids,
    whole_image,
)
from lamakit.metrics.regions import Metric
from tests.property.test_metrics import black, box_masks, grey, random_images, random_mask

KID: dict[str, Any] = {"subset_size": 4, "subsets": 1}


class Colours(nn.Module):
    """Three features an image, which no one may copy."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []
        self.num_features = 3

    @override
    def forward(self, image: Tensor) -> Tensor:
        self.seen.append(image)
        return image.double().mean(dim=(2, 3))

    def __deepcopy__(self, memo: dict[int, Any]) -> Colours:
        raise AssertionError("the network was copied")


@torch.no_grad()
def random_features(image: Tensor) -> Tensor:
    """64 features at each of a few places."""
    torch.manual_seed(0)
    weight = torch.randn(64, 3, 4, 4)
    return F.conv2d(image, weight, stride=4).relu()


# One extractor in every form that it may have.
FORMS: dict[str, Callable[[Tensor], Any]] = {
    "list": lambda image: [image, random_features(image)],
    "mapping": lambda image: {"fine": image, "coarse": random_features(image)},
    "map": random_features,
    "vector": lambda image: random_features(image).mean(dim=(2, 3)),
}


class TestFormsOfFeatures:
    @pytest.mark.parametrize("batch_size", [1, 7, 40])
    @pytest.mark.parametrize("form", FORMS)
    def test_fid_of_a_set_with_itself_reordered(self, form: str, batch_size: int) -> None:
        images, distance = random_images(0, 40, 3, 8, 8), fid(FORMS[form])
        for x, y in zip(images.split(batch_size), images.flip(0).split(batch_size), strict=True):
            distance.update(x, y)
        assert abs(float(distance.compute())) < 1e-3

    @pytest.mark.parametrize("batch_size", [1, 7, 40])
    def test_kid_is_the_same_for_all(self, batch_size: int) -> None:
        x, y = random_images(0, 40, 3, 8, 8), random_images(1, 40, 3, 8, 8) ** 2
        values = []
        for extractor in FORMS.values():
            distance = kid(extractor, subset_size=20, subsets=3)
            for pair in zip(x.split(batch_size), y.split(batch_size), strict=True):
                distance.update(*pair)
            torch.manual_seed(0)
            values.append(float(distance.compute()))
        assert values == pytest.approx([values[0]] * len(FORMS), rel=1e-6)
        assert values[0] > 0.1

    def test_what_is_no_features(self) -> None:
        x = random_images(0, 2, 3, 8, 8)
        with pytest.raises(TypeError, match=r"must return feature maps .* got NoneType"):
            fid(lambda _: None).update(x, x)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="must return at least one feature map, got none"):
            fid(lambda _: []).update(x, x)
        with pytest.raises(TypeError, match=r"feature map 1 must be a torch.Tensor, got str"):
            fid(lambda image: [image, "relu1"]).update(x, x)


def test_a_perceptual_loss_takes_every_form_too() -> None:
    x, y = random_images(0, 2, 3, 8, 8), random_images(1, 2, 3, 8, 8)
    values = [PerceptualLoss(FORMS[form])(x, y) for form in ("map", "mapping", "list")]
    assert values[1] == values[2] > 0
    assert values[0] > 0


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save")  # as it does
class TestTorchmetrics:
    def test_as_they_are(self) -> None:
        images, masks = random_images(0, 6, 3, 24, 32), box_masks(6)
        network = Colours()
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
        assert found.totals["FID"] == pytest.approx(float(alone.compute()), rel=1e-6)
        assert found.totals["all FID"] == found.totals["FID"]
        psnr = PeakSignalNoiseRatio(data_range=1.0)(filled, images)
        assert found.totals["all PSNR"] == pytest.approx(float(psnr), rel=1e-6)
        assert found.totals.keys() == {"FID", "KID", "KID std", "all FID", "all PSNR"}
        assert all(math.isfinite(value) for value in found.totals.values())
        assert found.values.keys() == {"L1"}
        again = evaluate(grey, images, masks, metrics={"FID": metrics["FID"]})
        assert again.totals["FID"] == pytest.approx(found.totals["FID"])

    @pytest.mark.parametrize("normalize", [False, True])
    def test_their_own_network_gets_bytes(self, normalize: bool) -> None:
        network = Colours()
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
        assert found.totals["FID"] > 0


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save")
class TestByArea:
    def test_each_bin_is_an_evaluation_of_its_images(self) -> None:
        images, masks = (
            random_images(0, 30, 3, 24, 32),
            torch.cat(
                [random_mask(0, 6, 1, 24, 32)] + [torch.ones(6, 1, 24, 32)] + 3 * [box_masks(6)]
            ),
        )
        network = Colours()
        metrics: dict[str, Metric | SetMetric] = {
            "FID": fid(network),
            "KID": KernelInceptionDistance(feature=network, **KID),
            "P-IDS": p_ids(network),
            "L1": l1,
        }
        with pytest.warns(UserWarning, match="KID"):  # some bins have too few images for it
            found = evaluate(
                grey, images, masks, metrics=metrics, batch_size=7, totals_by_area=True
            )
        bins = area_bin(found.areas)
        assert found.totals_by_area.keys() == set(bins.tolist())
        assert len(found.totals_by_area) > 2
        for number, totals in found.totals_by_area.items():
            chosen = bins == number
            if int(chosen.sum()) < KID["subset_size"]:
                assert math.isnan(totals["KID"])
                continue
            part = evaluate(grey, images[chosen], masks[chosen], metrics=metrics)
            for name in ("FID", "P-IDS"):
                assert totals[name] == pytest.approx(part.totals[name], rel=1e-6, abs=1e-12)
        rows = str(found).splitlines()
        assert all(
            f"{found.totals_by_area[n]['FID']:.4g}" in row
            for n, row in zip(sorted(found.totals_by_area), rows[1:], strict=False)
        )

    def test_a_bin_with_too_few_images_has_no_value(self) -> None:
        images, masks = random_images(0, 4, 3, 24, 32), box_masks(1).repeat(4, 1, 1, 1)
        masks[0] = 1
        metrics: dict[str, Metric | SetMetric] = {"FID": fid(Colours()), "L1": l1}
        with pytest.warns(
            UserWarning,
            match="masks of 90-100 % of an image: the metric 'FID' has no value: at least 2 images",
        ):
            found = evaluate(grey, images, masks, metrics=metrics, totals_by_area=True)
        assert math.isnan(found.totals_by_area[9]["FID"])
        assert math.isfinite(found.totals["FID"])
        assert str(found).splitlines()[-2].split()[-2].startswith("0.")  # L1 stands alone

    def test_bins_start_empty_whatever_a_reset_keeps(self) -> None:
        images, masks = random_images(0, 8, 3, 24, 32), box_masks(1).repeat(8, 1, 1, 1)
        masks[4:] = 1
        values = []
        for kept in (False, True):
            metric = FrechetInceptionDistance(
                feature=Colours(), normalize=True, reset_real_features=not kept
            )
            found = evaluate(grey, images, masks, metrics={"FID": metric}, totals_by_area=True)
            values.append([totals["FID"] for totals in found.totals_by_area.values()])
        assert values[0] == values[1]

    def test_networks_are_shared_however_they_are_called(self) -> None:
        images, masks = random_images(0, 8, 3, 24, 32), box_masks(1).repeat(8, 1, 1, 1)
        network = Colours()
        for extractor in (network, network.forward, partial(network)):
            metrics: dict[str, Metric | SetMetric] = {"FID": fid(extractor)}
            assert evaluate(grey, images, masks, metrics=metrics, totals_by_area=True).totals

    def test_what_is_no_number(self) -> None:
        images, masks = random_images(0, 4, 3, 24, 32), box_masks(4)
        each = PeakSignalNoiseRatio(data_range=1.0, reduction="none", dim=(1, 2, 3))
        with pytest.raises(ValueError, match="the metric 'PSNR' has no value"):
            evaluate(grey, images, masks, metrics={"PSNR": each})

    def test_nothing_by_area_unless_asked(self) -> None:
        images, masks = random_images(0, 4, 3, 24, 32), box_masks(4)
        assert not evaluate(grey, images, masks, metrics={"FID": fid(Colours())}).totals_by_area


class TestLPIPSAsAMetric:
    def test_in_evaluate_it_is_the_distance_of_the_whole(self) -> None:
        torch.manual_seed(0)
        lpips = LPIPS()
        images, masks = random_images(0, 3, 3, 24, 32), box_masks(3)
        found = evaluate(
            grey, images, masks, metrics={"LPIPS": lpips, "all": restrict_to(whole_image, lpips)}
        )
        expected = lpips(grey(images * (1 - masks), masks), images).double()
        torch.testing.assert_close(found.values["LPIPS"], expected, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(found.values["all"], expected, rtol=1e-4, atol=1e-6)

    def test_only_the_region_counts(self) -> None:
        torch.manual_seed(0)
        lpips = LPIPS()
        image, mask = random_images(0, 2, 3, 24, 32), box_masks(2)
        noisy = torch.where(mask > 0, image, torch.nan)
        assert restrict_to(missing_pixels, lpips)(noisy, image, mask).tolist() == [0, 0]
        assert (restrict_to(known_pixels, lpips)(noisy.nan_to_num(), image, mask) > 0).all()
        mask[0] = 0
        assert lpips(image, image, mask).isnan().tolist() == [True, False]


class TestDiscriminability:
    def test_are_the_formulas(self) -> None:
        x, y = random_images(0, 40, 3, 6, 6) * 0.95, random_images(1, 40, 3, 6, 6)
        paired, unpaired = p_ids(Colours()), u_ids(Colours())
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

    def test_sets_of_one_kind_cannot_be_told_apart(self) -> None:
        x, y = random_images(0, 400, 3, 4, 4), random_images(1, 400, 3, 4, 4)
        for metric in (p_ids(Colours()), u_ids(Colours())):
            metric.update(x, y)
            assert float(metric.compute()) == pytest.approx(0.5, abs=0.06)
            metric.reset()
            metric.update(x / 3, y / 3 + 2 / 3)
            assert metric.compute() == 0

    @pytest.mark.parametrize("build", [p_ids, u_ids])
    def test_errors(self, build: Callable[..., SetMetric], monkeypatch: pytest.MonkeyPatch) -> None:
        metric = build(Colours())
        with pytest.raises(ValueError, match="at least 1 image is needed, got 0"):
            metric.compute()
        with pytest.raises(ValueError, match="must have one shape"):
            metric.update(torch.rand(1, 3, 4, 4), torch.rand(2, 3, 4, 4))
        with pytest.raises(ValueError, match=r"must be \(B, D\) or \(B, D, h, w\) with B = 2, got"):
            build(lambda image: image[0]).update(*torch.rand(2, 2, 3, 4, 4))
        monkeypatch.setitem(sys.modules, "sklearn.svm", None)
        with pytest.raises(
            ImportError, match=r"need scikit-learn: pip install \"lamakit\[metrics\]"
        ):
            build(Colours())


def test_a_table_by_family() -> None:
    """GLaMa's tables 1 and 2: a row for each method, a column for each of the seven families."""
    images, generator = random_images(0, 4, 3, 32, 32), torch.Generator().manual_seed(0)
    masks = {
        name: sampler.batch(4, (32, 32), generator=generator)
        for name, sampler in glama_families().items()
    }
    metrics: dict[str, Metric | SetMetric] = {"FID": fid(Colours())}
    table = evaluate_mask_families({"black": black, "grey": grey}, images, masks, metrics=metrics)
    heading, *rows = str(table).splitlines()
    assert [row.split()[0] for row in rows] == ["black", "grey"]
    assert heading.split() == ["method", *(w for name in masks for w in (name, "FID")), "seconds"]
    cell = table.comparisons["expand"].evaluations["grey"].totals["FID"]
    assert f"{cell:.4g}" in rows[1].split()
