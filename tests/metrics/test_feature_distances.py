"""FID and KID take features in every form, forget at a reset, and say when images are too few."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit.losses import PerceptualLoss
from lamakit.metrics import SetMetric, fid, kid
from tests.helpers import seeded
from tests.metrics.inputs import mean_color, random_images

WEIGHT = torch.randn(64, 3, 4, 4, generator=seeded())


def random_features(image: Tensor) -> Tensor:
    """Return 64 features at each of a few places."""
    return F.conv2d(image, WEIGHT, stride=4).relu()


# One extractor in every form that it may have.
FORMS: dict[str, Callable[[Tensor], Any]] = {
    "list": lambda image: [image, random_features(image)],
    "mapping": lambda image: {"fine": image, "coarse": random_features(image)},
    "map": random_features,
    "vector": lambda image: random_features(image).mean(dim=(2, 3)),
}


@pytest.mark.parametrize("batch_size", [1, 7, 40])
@pytest.mark.parametrize("form", FORMS)
def test_fid_of_a_set_with_itself_reordered_is_zero(form: str, batch_size: int) -> None:
    images, distance = random_images(0, 40, 3, 8, 8), fid(FORMS[form])
    for x, y in zip(images.split(batch_size), images.flip(0).split(batch_size), strict=True):
        distance.update(x, y)
    assert abs(float(distance.compute())) < 1e-3


@pytest.mark.parametrize("batch_size", [1, 7, 40])
def test_kid_is_the_same_for_all_forms(batch_size: int) -> None:
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


def test_a_perceptual_loss_takes_every_form_too() -> None:
    x, y = random_images(0, 2, 3, 8, 8), random_images(1, 2, 3, 8, 8)
    values = [PerceptualLoss(FORMS[form])(x, y) for form in ("map", "mapping", "list")]
    assert values[1] == values[2] > 0
    assert values[0] > 0


def test_what_is_no_feature_map_is_refused() -> None:
    x = random_images(0, 2, 3, 8, 8)
    with pytest.raises(TypeError, match=r"must return feature maps .* got NoneType"):
        fid(lambda _: None).update(x, x)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must return at least one feature map, got none"):
        fid(lambda _: []).update(x, x)
    with pytest.raises(TypeError, match=r"feature map 1 must be a torch.Tensor, got str"):
        fid(lambda image: [image, "relu1"]).update(x, x)
    with pytest.raises(ValueError, match=r"must be \(B, D\) or \(B, D, h, w\) with B = 2, got"):
        fid(lambda image: image[0]).update(x, x)


@pytest.mark.parametrize(
    "metric", [fid(mean_color), kid(mean_color, subset_size=5, subsets=2)], ids=["fid", "kid"]
)
def test_reset_forgets(metric: SetMetric) -> None:
    x, y = random_images(0, 8, 3, 4, 4), random_images(1, 8, 3, 4, 4)
    values = []
    for _ in range(2):
        metric.reset()
        metric.update(x / 2, y)
        torch.manual_seed(0)  # of KID's subsets
        values.append(float(metric.compute()))
    assert values[0] == values[1] > 0


@pytest.mark.parametrize("build", [fid, partial(kid, subset_size=5, subsets=2)])
def test_they_can_be_pickled(build: Callable[..., SetMetric]) -> None:
    x, y = random_images(0, 8, 3, 4, 4), random_images(1, 8, 3, 4, 4)
    metric = pickle.loads(pickle.dumps(build(mean_color)))  # before the first image, and after
    metric.update(x / 2, y)
    values = []
    for each in (metric, pickle.loads(pickle.dumps(metric))):
        torch.manual_seed(0)
        values.append(each.compute())
    assert values[0] == values[1] > 0


@pytest.mark.parametrize(
    ("metric", "needed"), [(fid(mean_color), 2), (kid(mean_color, subset_size=5), 5)]
)
def test_too_few_images_have_no_value(metric: SetMetric, needed: int) -> None:
    few = torch.rand(1, 3, 4, 4)
    with pytest.raises(ValueError, match=f"at least {needed} images are needed, got 0"):
        metric.compute()
    metric.update(few, few)
    with pytest.raises(ValueError, match=f"at least {needed} images are needed, got 1"):
        metric.compute()


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="subset_size must be at least 2, got 1"):
        kid(mean_color, subset_size=1)
    with pytest.raises(ValueError, match="subsets must be at least 1, got 0"):
        kid(mean_color, subsets=0)
    for build in (fid, kid):
        with pytest.raises(ValueError, match="must have one shape"):
            build(mean_color).update(torch.rand(1, 3, 4, 4), torch.rand(2, 3, 4, 4))


@pytest.mark.parametrize("build", [fid, kid])
def test_a_missing_library_is_named_with_its_extra(
    build: Callable[..., SetMetric], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, f"torchmetrics.image.{build.__name__}", None)
    with pytest.raises(
        ImportError, match=rf"{build.__name__} needs torchmetrics: .*lamakit\[evaluation\]"
    ):
        build(mean_color)
