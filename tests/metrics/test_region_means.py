"""Every image metric looks at its region alone, and has no value where that is empty."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamakit.metrics.region_means import mean_inside, zero_outside
from lamakit.metrics.regions import Metric
from tests.helpers import seeded
from tests.metrics.inputs import METRICS, box_masks, random_images, random_mask

PERFECT = {name: {"psnr": math.inf, "ssim": 1.0}.get(name, 0.0) for name in METRICS}

sizes = st.tuples(st.integers(1, 20), st.integers(1, 20))


@pytest.fixture(params=METRICS)
def metric(request: pytest.FixtureRequest) -> Metric:
    return METRICS[request.param]


@given(st.sampled_from(sorted(METRICS)), st.integers(0, 1000), sizes, st.sampled_from([1, 3]))
def test_metrics_never_look_outside_their_region(
    name: str, seed: int, size: tuple[int, int], channels: int
) -> None:
    prediction, target, other, noise = (
        random_images(seed + i, 2, channels, *size) for i in range(4)
    )
    region = random_mask(seed, 2, 1, *size)
    expected = METRICS[name](prediction, target, region)
    outside = region == 0
    for change in (other, noise * 1e6, torch.full_like(noise, math.nan)):
        changed = METRICS[name](
            torch.where(outside, change, prediction),
            torch.where(outside, -change, target),
            region,
        )
        torch.testing.assert_close(changed, expected, rtol=0, atol=0, equal_nan=True)
    # Spectra need adjacent pixels, which a region of few pixels may not have.
    assert expected.isfinite().all() or name == "log_spectral_distance"


@pytest.mark.filterwarnings("ignore:prediction should be an image with values in")  # it is noisy
@pytest.mark.parametrize("name", METRICS)
def test_the_target_itself_is_best_and_more_noise_is_worse(name: str) -> None:
    target, mask = random_images(0, 2, 3, 24, 32), box_masks(2)
    noise = torch.randn(target.shape, generator=seeded(1))
    perfect, near, far = (METRICS[name](target + s * noise, target, mask) for s in (0, 0.1, 0.4))
    assert torch.equal(perfect, torch.full((2,), PERFECT[name]))
    order = [far, near, perfect] if PERFECT[name] else [perfect, near, far]
    assert ((order[0] < order[1]) & (order[1] < order[2])).all()


def test_an_empty_region_has_no_value(metric: Metric) -> None:
    x, y = random_images(0, 3, 3, 9, 9), random_images(1, 3, 3, 9, 9)
    region = box_masks(3, (9, 9))
    region[1] = 0
    assert metric(x, y, region).isnan().tolist() == [False, True, False]


def test_each_image_is_measured_alone(metric: Metric) -> None:
    x, y, mask = random_images(0, 3, 3, 24, 32), random_images(1, 3, 3, 24, 32), box_masks(3)
    alone = [metric(x[i : i + 1], y[i : i + 1], mask[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(metric(x, y, mask), torch.cat(alone))


@pytest.mark.parametrize(
    ("dtype", "expected"), [(torch.float16, torch.float32), (torch.float64, torch.float64)]
)
def test_metrics_are_computed_in_at_least_float32(
    metric: Metric, dtype: torch.dtype, expected: torch.dtype
) -> None:
    x, y, mask = random_images(0, 2, 3, 24, 32), random_images(1, 2, 3, 24, 32), box_masks(2)
    found = metric(x.to(dtype), y.to(dtype), mask.to(dtype))
    assert found.dtype == expected
    torch.testing.assert_close(found.float(), metric(x, y, mask), rtol=1e-2, atol=1e-3)


def test_autocast_changes_nothing(metric: Metric) -> None:
    x, y, mask = random_images(0, 2, 3, 24, 32), random_images(1, 2, 3, 24, 32), box_masks(2)
    with torch.autocast("cpu", torch.bfloat16):
        found = metric(x, y, mask)
    assert torch.equal(found, metric(x, y, mask))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu(metric: Metric) -> None:
    x, y, mask = random_images(0, 2, 3, 24, 32), random_images(1, 2, 3, 24, 32), box_masks(2)
    on_gpu = metric(x.cuda(), y.cuda(), mask.cuda())
    torch.testing.assert_close(on_gpu.cpu(), metric(x, y, mask), rtol=1e-3, atol=1e-4)


def test_metrics_refuse_what_does_not_fit(metric: Metric) -> None:
    image, region = torch.rand(2, 3, 8, 8), torch.ones(2, 1, 8, 8)
    with pytest.raises(ValueError, match=r"one shape, got \(2, 1, 8, 8\) and \(2, 3, 8, 8\)"):
        metric(region, image, region)
    for wrong in (region[:1], image, region[0]):
        with pytest.raises(
            ValueError, match=r"region must have shape \(2, 1, 8, 8\) to fit an image of shape"
        ):
            metric(image, image, wrong)
    with pytest.raises(ValueError, match=r"target must have shape \(B, C, H, W\)"):
        metric(image[0], image[0], region)
    with pytest.raises(TypeError, match=r"prediction must be a floating-point tensor"):
        metric(image.byte(), image, region)
    with pytest.raises(TypeError, match=r"region must be a floating-point .* as_mask turns"):
        metric(image, image, region.bool())
    with pytest.raises(ValueError, match="target and region must be on one device, got cpu and me"):
        metric(image, image, region.to("meta"))
    with pytest.raises(ValueError, match="prediction and target must be on one device, got meta"):
        metric(image.to("meta"), image, region)


def test_means_inside_a_region_count_its_pixels_and_the_channels() -> None:
    image = torch.tensor([[[[1.0, 2.0, math.nan]], [[3.0, 6.0, math.inf]]]])
    region = torch.tensor([[[[1.0, 0.5, 0.0]]]])
    inside = zero_outside(image, region)
    assert inside.tolist() == [[[[1, 2, 0]], [[3, 6, 0]]]]
    assert mean_inside(inside, region).tolist() == [3]
