"""Metrics return the numbers of other libraries, or of plain computations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torchmetrics.functional.image as published
from scipy import linalg, ndimage
from skimage import metrics as skimage_metrics
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit.backbones import vgg16_features
from lamakit.metrics import (
    LPIPS,
    color_wasserstein,
    fid,
    kid,
    l1,
    log_spectral_distance,
    psnr,
    ssim,
    whole_image,
)
from tests.helpers import seeded

Array = npt.NDArray[np.float64]


def pair(size: tuple[int, int] = (37, 50), *, batch: int = 3) -> tuple[Tensor, Tensor]:
    """Return noisy copies of smooth images, and the smooth images."""
    generator = seeded(0)
    target = F.avg_pool2d(torch.rand(batch, 3, *size, generator=generator), 5, 1, 2)
    noise = 0.1 * torch.randn(batch, 3, *size, generator=generator)
    return (target + noise).clamp(0, 1), target


def some_mask(size: tuple[int, int] = (37, 50), *, batch: int = 3) -> Tensor:
    generator = seeded(1)
    coarse = (torch.rand(batch, 1, 6, 6, generator=generator) > 0.5).float()
    return F.interpolate(coarse, size)


def each(prediction: Tensor, target: Tensor, function: Callable[[Array, Array], float]) -> Tensor:
    """Return what a function of two (H, W, C) arrays returns for each pair of images."""
    arrays = (image.double().permute(0, 2, 3, 1).numpy() for image in (prediction, target))
    found = [function(x, y) for x, y in zip(*arrays, strict=True)]
    return torch.tensor(found, dtype=torch.float64)


def blurred(image: Array) -> Array:
    """Return one channel blurred by an 11x11 Gaussian of sigma 1.5, with zeros around it."""
    line = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(line, line) / line.sum() ** 2
    result: Array = ndimage.convolve(image, window, mode="constant")
    return result


def plain_ssim_map(x: Array, y: Array) -> Array:
    """Return the structural similarity at every pixel of one channel."""
    mx, my = blurred(x), blurred(y)
    vx, vy, cov = blurred(x * x) - mx**2, blurred(y * y) - my**2, blurred(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    similarity: Array = (
        (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    )
    return similarity


def assert_near(computed: Tensor, expected: Tensor, tolerance: float) -> None:
    torch.testing.assert_close(computed.double(), expected.double(), rtol=tolerance, atol=tolerance)


class TestPixels:
    def test_psnr_is_that_of_scikit_image_and_torchmetrics(self) -> None:
        prediction, target = pair()
        computed = psnr(prediction, target, whole_image(some_mask()))
        expected = each(
            prediction,
            target,
            lambda x, y: skimage_metrics.peak_signal_noise_ratio(y, x, data_range=1),
        )
        assert_near(computed, expected, 1e-5)
        expected = published.peak_signal_noise_ratio(
            prediction, target, data_range=1.0, dim=(1, 2, 3), reduction="none"
        )
        assert_near(computed, expected, 1e-6)

    def test_in_the_hole_they_are_those_of_its_pixels_alone(self) -> None:
        prediction, target = pair()
        mask = some_mask()
        for i, inside in enumerate((mask > 0).expand_as(target)):
            x, y = prediction[i][inside].double(), target[i][inside].double()
            assert_near(l1(prediction, target, mask)[i], (x - y).abs().mean(), 1e-6)
            expected = skimage_metrics.peak_signal_noise_ratio(y.numpy(), x.numpy(), data_range=1)
            assert_near(psnr(prediction, target, mask)[i], torch.tensor(expected), 1e-5)


class TestSSIM:
    @pytest.mark.parametrize("size", [(37, 50), (64, 64), (7, 30), (1, 1)])
    def test_whole_images_as_in_lamas_evaluation(self, size: tuple[int, int]) -> None:
        prediction, target = pair(size)
        expected = each(
            prediction,
            target,
            lambda x, y: float(np.mean([plain_ssim_map(x[..., c], y[..., c]) for c in range(3)])),
        )
        region = torch.ones(3, 1, *size)
        assert_near(ssim(prediction, target, region), expected, 1e-5)
        assert_near(ssim(prediction.double(), target.double(), region), expected, 1e-12)

    def test_with_a_black_border_it_is_that_of_scikit_image_and_torchmetrics(self) -> None:
        """They reflect the image at its border: at a black border that gives zeros too."""
        prediction, target = (F.pad(image, (6, 6, 6, 6)) for image in pair((64, 48)))
        computed = ssim(prediction, target, torch.ones(3, 1, 76, 60))

        def mean_similarity(x: Array, y: Array) -> float:
            return float(
                skimage_metrics.structural_similarity(
                    x,
                    y,
                    data_range=1,
                    gaussian_weights=True,
                    sigma=1.5,
                    use_sample_covariance=False,
                    channel_axis=-1,
                    full=True,  # the mean alone leaves out the border
                )[1].mean()
            )

        assert_near(computed, each(prediction, target, mean_similarity), 1e-5)
        expected = published.structural_similarity_index_measure(
            prediction, target, data_range=1.0, reduction="none"
        )
        assert isinstance(expected, Tensor)
        assert_near(computed, expected, 1e-5)

    def test_in_a_region_its_statistics_are_those_of_the_region(self) -> None:
        prediction, target = pair((30, 30), batch=1)
        mask = torch.zeros(1, 1, 30, 30)
        mask[..., 8:20, 9:23] = 1  # far enough from the border for full windows
        line = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
        window, inside = np.outer(line, line), mask[0, 0].numpy()
        similarities = []
        for x, y in zip(prediction[0].double().numpy(), target[0].double().numpy(), strict=True):
            for row, column in np.argwhere(inside):
                around = np.s_[row - 5 : row + 6, column - 5 : column + 6]
                weights = window * inside[around]
                stack = np.stack([x[around].ravel(), y[around].ravel()])
                weights = weights.ravel() / weights.sum()
                (mx, my) = stack @ weights
                (vx, cov), (_, vy) = np.cov(stack, aweights=weights, ddof=0)
                similarities.append(
                    (2 * mx * my + 1e-4)
                    / (mx**2 + my**2 + 1e-4)
                    * (2 * cov + 9e-4)
                    / (vx + vy + 9e-4)
                )
        expected = torch.tensor([np.mean(similarities)])
        assert_near(ssim(prediction.double(), target.double(), mask), expected, 1e-11)
        assert_near(ssim(prediction, target, mask), expected, 1e-4)


def test_log_spectral_distance_is_a_plain_computation() -> None:
    prediction, target = pair((40, 50))
    mask = some_mask((40, 50))
    frequencies = np.hypot(np.fft.fftfreq(40)[:, None], np.fft.fftfreq(50))
    ring = np.floor(frequencies * 2 * 16 + 1e-9)
    ring[np.isclose(frequencies, 0.5)] = 15

    def level(image: Array, inside: npt.NDArray[np.bool_]) -> Array:
        power, count = np.zeros(image.shape), 0
        for axis in (0, 1):
            both = inside & np.roll(inside, -1, axis)
            both[np.s_[-1] if axis == 0 else np.s_[:, -1]] = False  # that is no neighbour
            differences = np.where(both, np.roll(image, -1, axis) - image, 0)
            power += np.abs(np.fft.fft2(differences)) ** 2
            count += both.sum()
        means = np.array([power[ring == k].mean() / count for k in range(16)])
        decibels: Array = 10 * np.log10(means + 2 / 255**2 / 12)
        return decibels

    for i, missing in enumerate(mask[:, 0].numpy() > 0):
        differences = [
            level(x, missing) - level(y, missing)
            for x, y in zip(prediction[i].double().numpy(), target[i].double().numpy(), strict=True)
        ]
        expected = torch.tensor(np.sqrt(np.mean(np.square(differences))))
        assert_near(log_spectral_distance(prediction, target, mask)[i], expected, 1e-4)


class TestColors:
    def test_one_channel_is_the_wasserstein_distance(self) -> None:
        prediction, target = (image[:, :1] for image in pair())
        mask = some_mask()
        for i, inside in enumerate(mask > 0):
            x, y = (image[i][inside].sort().values for image in (prediction, target))
            expected = (x - y).square().mean().sqrt()
            assert_near(color_wasserstein(prediction, target, mask)[i], expected, 1e-5)

    def test_few_bases_are_near_the_mean_over_all_directions(self) -> None:
        prediction, target = pair()
        prediction = (prediction * torch.tensor([1.0, 0.7, 0.9]).view(3, 1, 1)).square()
        mask = some_mask()
        many = color_wasserstein(prediction, target, mask, num_bases=1000)
        assert_near(color_wasserstein(prediction, target, mask), many, 0.03)


class Means(nn.Module):
    """An extractor of three features per image: its mean colour."""

    def forward(self, image: Tensor) -> list[Tensor]:
        return [image.mean(dim=(2, 3))]


class TestSets:
    def test_fid_is_the_formula(self) -> None:
        prediction, target = pair((8, 8), batch=40)
        prediction = prediction * 0.8
        distance = fid(Means())
        for part in (slice(0, 16), slice(16, 40)):
            distance.update(prediction[part], target[part])
        x, y = (image.double().mean(dim=(2, 3)).numpy() for image in (prediction, target))
        cov_x, cov_y = np.cov(x.T), np.cov(y.T)
        root = linalg.sqrtm(cov_x @ cov_y).real
        gap = np.square(x.mean(0) - y.mean(0)).sum()
        expected = gap + np.trace(cov_x + cov_y - 2 * root)
        assert float(distance.compute()) == pytest.approx(expected, rel=1e-6)

    def test_kid_is_the_formula(self) -> None:
        n = 30
        prediction, target = pair((8, 8), batch=n)
        prediction = prediction * 0.8
        distance = kid(Means(), subset_size=n, subsets=2)  # each subset holds all
        distance.update(prediction, target)
        x, y = (image.double().mean(dim=(2, 3)).numpy() for image in (prediction, target))

        def kernel(a: Array, b: Array) -> Array:
            values: Array = (a @ b.T / 3 + 1) ** 3
            return values

        own = [(k.sum() - np.trace(k)) / (n * (n - 1)) for k in (kernel(x, x), kernel(y, y))]
        expected = own[0] + own[1] - 2 * kernel(x, y).mean()
        assert float(distance.compute()) == pytest.approx(expected, rel=1e-6)

    def test_feature_maps_are_averaged_over_the_image(self) -> None:
        prediction, target = pair((8, 8), batch=10)
        values = []
        for extractor in (Means(), lambda image: [image[:, :, :1], image]):
            distance = fid(extractor)
            distance.update(prediction, target)
            values.append(float(distance.compute()))
        assert values[0] == pytest.approx(values[1], rel=1e-6)


def published_linear_weights() -> Path:
    return Path(published.__file__).parent / "lpips_models" / "vgg.pth"


class TestLPIPS:
    def test_is_a_plain_computation_with_the_published_linear_weights(self) -> None:
        prediction, target = pair((33, 48))
        torch.manual_seed(0)
        backbone = vgg16_features()
        state = backbone.body.state_dict()
        linear = torch.load(published_linear_weights(), map_location="cpu", weights_only=True)
        shift = torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)
        scale = torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1)
        expected = torch.zeros(3)
        features = [
            backbone.body((2 * image - 1 - shift) / scale) for image in (prediction, target)
        ]
        for layer, (x, y) in enumerate(zip(*features, strict=True)):
            difference = F.normalize(x, dim=1) - F.normalize(y, dim=1)
            weighted = F.conv2d(difference**2, linear[f"lin{layer}.model.1.weight"])
            expected += weighted.mean(dim=(1, 2, 3))
        metric = LPIPS(state, published_linear_weights())
        assert_near(metric(prediction, target), expected, 1e-5)
