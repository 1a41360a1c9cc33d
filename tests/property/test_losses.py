"""Losses against formulas worked out another way, and what they say of bad input."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit.discriminators import PatchDiscriminator
from lamakit.losses import (
    AdversarialLoss,
    FeatureMatchingLoss,
    FocalFrequencyLoss,
    GramLoss,
    HingeLoss,
    LeastSquaresLoss,
    MaskedL1Loss,
    NonSaturatingLoss,
    PerceptualLoss,
    SlicedWassersteinLoss,
    TotalVariationLoss,
    blurred_mask,
    boundary_gradient_loss,
    emulated_distance_mask,
    feature_matching_loss,
    focal_frequency_loss,
    gram_loss,
    gram_matrix,
    masked_l1_loss,
    masked_mean,
    multi_scale_consistency_loss,
    non_saturating_loss,
    perceptual_loss,
    r1_penalty,
    resize_mask,
    sliced_wasserstein_loss,
    spectrum_loss,
    total_variation_loss,
)
from tests.contract.losses import extractor

sides = st.integers(1, 9)
seeds = st.integers(0, 99)


def rand(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


def box_mask(height: int = 8, width: int = 8) -> Tensor:
    mask = torch.zeros(1, 1, height, width, dtype=torch.float64)
    mask[..., 2:6, 3:7] = 1
    return mask


class TestRegions:
    @given(height=sides, width=sides, seed=seeds)
    def test_masked_mean_is_the_mean_of_the_region(
        self, height: int, width: int, seed: int
    ) -> None:
        values = rand(2, 3, height, width, seed=seed)
        mask = (rand(2, 1, height, width, seed=seed + 1) < 0.5).double()
        region = values[mask.expand_as(values) > 0]
        expected = region.mean() if len(region) else torch.zeros((), dtype=torch.float64)
        torch.testing.assert_close(masked_mean(values, mask), expected)

    def test_an_empty_region_has_zero_gradient(self) -> None:
        values = rand(1, 3, 4, 4).requires_grad_()
        loss = masked_mean(values, torch.zeros(1, 1, 4, 4))
        loss.backward()
        assert loss == 0
        assert values.grad is not None
        assert not values.grad.any()

    @given(seed=seeds, known=st.floats(0, 20), missing=st.floats(0, 20))
    def test_masked_l1(self, seed: int, known: float, missing: float) -> None:
        prediction, target = rand(2, 1, 3, 8, 8, seed=seed)
        error, hole = (prediction - target).abs(), box_mask().expand(1, 3, 8, 8) > 0
        total = known * error[~hole].sum() + missing * error[hole].sum()
        weights: dict[str, Any] = {"weight_known": known, "weight_missing": missing}
        whole = masked_l1_loss(prediction, target, box_mask(), **weights)
        torch.testing.assert_close(whole, total / error.numel())
        regions = masked_l1_loss(prediction, target, box_mask(), per_region=True, **weights)
        torch.testing.assert_close(
            regions, known * error[~hole].mean() + missing * error[hole].mean()
        )

    @given(height=sides, width=sides, seed=seeds)
    def test_blurred_masks(self, height: int, width: int, seed: int) -> None:
        mask = (rand(1, 1, height, width, seed=seed) < 0.7).double()
        offsets = torch.arange(-2, 3, dtype=torch.float64)
        kernel = (-(offsets[:, None].square() + offsets.square()) / 5).exp()
        kernel = (kernel / kernel.sum())[None, None]
        ones = torch.ones_like(kernel)

        def convolve(x: Tensor, weight: Tensor) -> Tensor:
            return F.conv2d(F.pad(x, (2, 2, 2, 2), mode="replicate"), weight)

        expected = convolve(mask, kernel) * mask
        torch.testing.assert_close(blurred_mask(mask), expected, atol=1e-9, rtol=0)
        far = (convolve(1 - mask, ones) <= 1.5).double()
        expected = convolve(far, kernel) * mask
        torch.testing.assert_close(emulated_distance_mask(mask), expected, atol=1e-9, rtol=0)

    @pytest.mark.parametrize("weight", [blurred_mask, emulated_distance_mask])
    def test_mask_weights_stay_in_the_hole(self, weight: Any) -> None:
        mask = box_mask(24, 24)
        mask[..., 2:22, 2:22] = 1
        found = weight(mask)
        assert not found[mask == 0].any()
        assert found[0, 0, 12, 12] == pytest.approx(1)
        torch.testing.assert_close(weight(torch.ones(1, 1, 9, 9)), torch.ones(1, 1, 9, 9))
        assert weight(mask.half()).dtype == torch.float32
        with torch.autocast("cpu", dtype=torch.bfloat16):
            torch.testing.assert_close(weight(mask.float()), found.float())
        with pytest.raises(ValueError, match=r"mask must have shape \(B, 1, H, W\)"):
            weight(torch.zeros(1, 3, 8, 8))


class TestAdversarial:
    def test_only_patches_of_the_hole_are_fake(self) -> None:
        logits, mask = rand(2, 1, 4, 4) - 0.5, torch.zeros(2, 1, 16, 16)
        mask[0, :, :8] = 1
        real = F.softplus(-logits)
        fake = real.clone()
        fake[0, :, :2] = F.softplus(logits[0, :, :2])
        loss = NonSaturatingLoss().discriminator_loss(logits, logits, mask)
        torch.testing.assert_close(loss, real.mean() + fake.mean())

    @pytest.mark.parametrize("build", [NonSaturatingLoss, HingeLoss, LeastSquaresLoss])
    def test_masks_only_matter_if_aware(self, build: type[AdversarialLoss]) -> None:
        real, fake = rand(2, 2, 3, 5, 7) - 0.5
        plain = build().discriminator_loss(real, fake)
        mask = torch.zeros(2, 1, 40, 50)
        torch.testing.assert_close(
            build(mask_aware=False).discriminator_loss(real, fake, mask), plain
        )
        torch.testing.assert_close(build().discriminator_loss(real, fake, mask + 1), plain)
        known = build().discriminator_loss(real, fake, mask)
        real_twice = build().compare(real, 1) + build().compare(fake, 1)
        torch.testing.assert_close(known, real_twice)

    @pytest.mark.parametrize("build", [NonSaturatingLoss, HingeLoss, LeastSquaresLoss])
    def test_a_better_logit_costs_less(self, build: type[AdversarialLoss]) -> None:
        loss, logits = build(), torch.zeros(1, 1, 4, 4, requires_grad=True)
        (gradient,) = torch.autograd.grad(loss.generator_loss(logits), logits)
        assert (gradient < 0).all()
        assert loss.discriminator_loss(logits + 1, logits - 1) < loss.discriminator_loss(
            logits - 1, logits + 1
        )

    def test_large_logits_stay_finite(self) -> None:
        logits = torch.tensor([-1e4, 1e4], dtype=torch.float16)
        for label in (0, 1):
            assert non_saturating_loss(logits, label) == pytest.approx(5000, rel=1e-2)

    def test_resized_masks(self) -> None:
        mask = torch.zeros(1, 1, 8, 12)
        mask[..., 3, 5] = 1
        assert resize_mask(mask, (4, 6), "max").nonzero().tolist() == [[0, 0, 1, 2]]
        assert not resize_mask(mask, (4, 6)).any()
        assert resize_mask(mask, (16, 24), "max").shape == (1, 1, 16, 24)

    def test_errors(self) -> None:
        logits = torch.zeros(2, 1, 4, 4)
        with pytest.raises(ValueError, match="mask_resize must be one of nearest, max; got 'area'"):
            NonSaturatingLoss(mask_resize="area")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="mode must be one of nearest, max"):
            resize_mask(logits, (2, 2), "area")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="one batch size, got 1 and 2"):
            NonSaturatingLoss().discriminator_loss(logits, logits, torch.zeros(1, 1, 8, 8))
        with pytest.raises(ValueError, match="mask and fake_logits must be on one device, got"):
            NonSaturatingLoss().discriminator_loss(logits, logits.to("meta"), logits)
        with pytest.raises(ValueError, match=r"mask and fake_features\[0\] must have one batch"):
            FeatureMatchingLoss()([logits], [logits], torch.zeros(1, 1, 8, 8))
        with pytest.raises(
            TypeError, match=r"mask must be a floating-point tensor, got torch.bool"
        ):
            NonSaturatingLoss().discriminator_loss(logits, logits, logits > 0)
        with pytest.raises(ValueError, match=r"mask must have shape \(B, 1, H, W\)"):
            NonSaturatingLoss().discriminator_loss(logits, logits, torch.zeros(2, 3, 8, 8))


class TestR1:
    def test_of_a_linear_discriminator(self) -> None:
        weight = rand(3, 8, 8)
        images = rand(5, 3, 8, 8).requires_grad_()
        logits = (images * weight).sum(dim=(1, 2, 3))
        torch.testing.assert_close(r1_penalty(logits, images), weight.square().sum())

    def test_its_gradient_in_float64(self) -> None:
        torch.manual_seed(0)
        model = PatchDiscriminator(base_channels=2, num_layers=2, norm_layer=None).double()
        images = rand(2, 3, 9, 8)

        def penalty(weight: Tensor) -> Tensor:
            seen = images.detach().requires_grad_()
            output = torch.func.functional_call(model, {"head.weight": weight}, (seen,))
            return r1_penalty(output.logits, seen)

        weight = model.head.weight
        assert isinstance(weight, Tensor)
        assert torch.autograd.gradcheck(penalty, weight.detach().requires_grad_(), fast_mode=True)

    def test_errors(self) -> None:
        images = torch.rand(1, 3, 8, 8)
        with pytest.raises(ValueError, match="real_images must require a gradient before"):
            r1_penalty(images.sum(), images)
        seen = images.detach().requires_grad_()
        with pytest.raises(ValueError, match=r"outside torch\.no_grad"), torch.no_grad():
            r1_penalty(seen.sum(), seen)
        other = images.detach().requires_grad_()
        with pytest.raises(ValueError, match="they do not depend on it"):
            r1_penalty(other.sum(), seen)


class TestFeatures:
    def test_matching_is_the_mean_over_maps_of_means(self) -> None:
        fake = [rand(2, 4, 6, 5), rand(2, 3, seed=1)]
        real = [rand(2, 4, 6, 5, seed=2), rand(2, 3, seed=3)]
        means = [F.mse_loss(f, r) for f, r in zip(fake, real, strict=True)]
        torch.testing.assert_close(feature_matching_loss(fake, real), sum(means) / 2)
        summed = feature_matching_loss(fake, real, layer_reduction="sum", layer_weights=(2, 0.5))
        torch.testing.assert_close(summed, 2 * means[0] + 0.5 * means[1])
        l1 = [F.l1_loss(f, r) for f, r in zip(fake, real, strict=True)]
        torch.testing.assert_close(feature_matching_loss(fake, real, distance="l1"), sum(l1) / 2)

    def test_a_mask_leaves_known_entries(self) -> None:
        fake, real, mask = rand(1, 2, 8, 8), rand(1, 2, 8, 8, seed=1), box_mask()
        expected = ((fake - real).square() * (1 - mask)).mean()
        torch.testing.assert_close(feature_matching_loss([fake], [real], mask), expected)
        assert feature_matching_loss([fake], [real], torch.ones_like(mask)) == 0

    def test_no_gradient_reaches_the_real_side(self) -> None:
        real = rand(1, 3, 8, 8).requires_grad_()
        for loss in (
            feature_matching_loss([real * 2], [real]),
            gram_loss([real * 2], [real]),
        ):
            (gradient,) = torch.autograd.grad(loss, real)
            assert gradient.any()  # through the fake side
        prediction, network = rand(1, 3, 8, 8, seed=1).requires_grad_(), extractor()
        for module in (PerceptualLoss(network), GramLoss(network)):
            real.grad = None
            module(prediction, real).backward()
            assert real.grad is None
        assert prediction.grad is not None

    def test_the_extractor_stays_in_eval_mode(self) -> None:
        parent = nn.Sequential(nn.BatchNorm2d(3), PerceptualLoss(extractor())).train()
        loss = parent[1]
        assert isinstance(loss, PerceptualLoss)
        assert loss.training
        assert isinstance(loss.extractor, nn.Module)
        assert not any(part.training for part in loss.extractor.modules())

    def test_layers_are_averaged_or_added(self) -> None:
        def maps(image: Tensor) -> list[Tensor]:
            return [image, 2 * image]

        prediction, target = rand(2, 1, 3, 8, 8)
        error = F.mse_loss(prediction, target)
        averaged = PerceptualLoss(maps, layer_reduction="mean")
        torch.testing.assert_close(averaged(prediction, target), 2.5 * error)
        torch.testing.assert_close(PerceptualLoss(maps)(prediction, target), 5 * error)
        weighted = PerceptualLoss(maps, layer_weights=[1, 0])
        torch.testing.assert_close(weighted(prediction, target), error)

    def test_errors(self) -> None:
        maps = [torch.zeros(1, 2, 4, 4)]
        for function in (feature_matching_loss, gram_loss):
            with pytest.raises(ValueError, match="must be as many, got 1 and 2"):
                function(maps, maps * 2)
            with pytest.raises(ValueError, match="layer_reduction must be one of mean, sum"):
                function(maps, maps, layer_reduction="max")  # type: ignore[arg-type]
            with pytest.raises(ValueError, match="no feature maps to compare"):
                function([], [])
            with pytest.raises(ValueError, match="has 2 entries, but there are 1 feature maps"):
                function(maps, maps, layer_weights=(1, 2))
        with pytest.raises(ValueError, match=r"fake_features\[0\] and real_features\[0\]"):
            feature_matching_loss(maps, [torch.zeros(1, 2, 4, 5)])
        with pytest.raises(ValueError, match="as many channels, got"):
            gram_loss(maps, [torch.zeros(1, 3, 4, 4)])
        with pytest.raises(ValueError, match=r"fake_features\[0\] must have shape \(B, C, H, W\)"):
            feature_matching_loss([torch.zeros(2, 3)], [torch.zeros(2, 3)], torch.zeros(2, 1, 8, 8))
        with pytest.raises(ValueError, match="distance must be one of mse, l1; got 'l2'"):
            FeatureMatchingLoss(distance="l2")  # type: ignore[arg-type]
        for module in (PerceptualLoss, GramLoss):
            with pytest.raises(TypeError, match=r"extractor must be a callable .* got str"):
                module("vgg")  # type: ignore[arg-type]
            with pytest.raises(ValueError, match="layer_reduction must be one of mean, sum"):
                module(extractor(), layer_reduction="none")  # type: ignore[arg-type]
            with pytest.raises(ValueError, match=r"layer_weights\[1\] must be finite and at least"):
                module(extractor(), layer_weights=(1, -1))
        with pytest.raises(ValueError, match="prediction and target must have one shape"):
            perceptual_loss(extractor(), torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 9))


class TestGram:
    def test_matrix_by_definition(self) -> None:
        features = rand(2, 3, 4, 5)
        expected = torch.einsum("bihw,bjhw->bij", features, features) / 60
        torch.testing.assert_close(gram_matrix(features), expected)

    def test_places_and_sizes_do_not_matter(self) -> None:
        texture = rand(1, 3, 6, 5)
        shuffled = texture.flatten(2)[..., torch.randperm(30)].view_as(texture)
        assert gram_loss([shuffled], [texture]) < 1e-20
        assert gram_loss([texture.repeat(1, 1, 3, 2)], [texture]) < 1e-20
        assert gram_loss([texture + 1], [texture]) > 0.1

    def test_autocast_keeps_float32(self) -> None:
        features = rand(1, 3, 16, 16).float()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert torch.equal(gram_matrix(features), gram_matrix(features.clone()))
            found = gram_matrix(features)
        torch.testing.assert_close(found, gram_matrix(features), rtol=0, atol=0)


class TestFrequency:
    @given(
        alpha=st.sampled_from([0.0, 0.5, 1.0, 2.0]),
        normalize=st.booleans(),
        log=st.booleans(),
        seed=seeds,
    )
    def test_gradient_by_parseval(
        self, alpha: float, normalize: bool, log: bool, seed: int
    ) -> None:
        """The weight is a constant, so the gradient is that of a filtered squared error."""
        prediction, target = rand(2, 2, 3, 8, 6, seed=seed)
        prediction.requires_grad_()
        loss = focal_frequency_loss(
            prediction, target, alpha=alpha, normalize_weight=normalize, log_weight=log
        )
        (gradient,) = torch.autograd.grad(loss, prediction)
        spectrum = torch.fft.fft2(prediction.detach() - target, norm="ortho")
        weight = spectrum.abs() ** alpha
        weight = (1 + weight).log() if log else weight
        weight = weight / weight.amax((2, 3), keepdim=True) if normalize else weight
        filtered = torch.fft.ifft2(weight * spectrum, norm="ortho").real
        torch.testing.assert_close(gradient, 2 * filtered / prediction.numel())
        torch.testing.assert_close(loss.detach(), (weight * spectrum.abs().square()).mean())

    @given(seed=seeds, factor=st.sampled_from([1, 2, 4]), average=st.booleans())
    def test_at_most_the_squared_error(self, seed: int, factor: int, average: bool) -> None:
        prediction, target = rand(2, 2, 3, 8, 12, seed=seed)
        settings: dict[str, Any] = {"patch_factor": factor, "average_spectrum": average}
        loss = focal_frequency_loss(prediction, target, **settings)
        assert 0 < loss <= F.mse_loss(prediction, target)
        flat = focal_frequency_loss(prediction, target, alpha=0, patch_factor=factor)
        torch.testing.assert_close(flat, F.mse_loss(prediction, target))

    def test_spectrum_knows_periods_not_places(self) -> None:
        texture = rand(2, 3, 12, 10)
        assert spectrum_loss(texture.roll((5, 3), (2, 3)), texture) < 1e-20
        mixed = texture.clone()
        mixed[:, 0] = mixed[:, 0].roll(1, -1)  # one channel moved: the colours no longer fit
        assert spectrum_loss(mixed, texture) > 1e-4
        other = rand(2, 3, 12, 10, seed=1)
        assert 1e-4 < spectrum_loss(other, texture) <= F.mse_loss(other, texture)

    def test_spectrum_of_opposite_images(self) -> None:
        texture = rand(1, 3, 8, 8) - 0.5
        assert spectrum_loss(-texture, texture) < 1e-20
        blank = torch.zeros_like(texture)
        torch.testing.assert_close(spectrum_loss(blank, texture), texture.square().mean())

    def test_errors(self) -> None:
        images = torch.zeros(2, 1, 3, 9, 8)
        with pytest.raises(ValueError, match=r"9x8, but patch_factor=4 .* to 8x8"):
            FocalFrequencyLoss(patch_factor=4)(*images)
        for settings, message in (
            ({"patch_factor": 0}, "patch_factor must be at least 1, got 0"),
            ({"alpha": -1}, "alpha must be finite and at least 0, got -1"),
        ):
            with pytest.raises(ValueError, match=message):
                FocalFrequencyLoss(**settings)  # type: ignore[arg-type]
            with pytest.raises(ValueError, match=message):
                focal_frequency_loss(*images, **settings)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="prediction and exemplar must have one shape"):
            spectrum_loss(images[0], images[1][..., :4])


class TestVariation:
    @given(height=sides, width=sides, beta=st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0]), seed=seeds)
    def test_by_definition(self, height: int, width: int, beta: float, seed: int) -> None:
        image = rand(2, 3, height, width, seed=seed)
        total = 0.0
        for b, c, i, j in torch.cartesian_prod(*map(torch.arange, image.shape)).tolist():
            here = image[b, c, i, j]
            right = image[b, c, i, j + 1] - here if j + 1 < width else 0
            down = image[b, c, i + 1, j] - here if i + 1 < height else 0
            total += float((right**2 + down**2) ** (beta / 2))
        found = total_variation_loss(image, beta=beta, reduction="sum")
        assert found.item() == pytest.approx(total, rel=1e-9, abs=1e-12)
        mean = total_variation_loss(image, beta=beta)
        torch.testing.assert_close(mean, found / image.numel())

    @pytest.mark.parametrize("beta", [0.5, 1.0, 1.5, 2.0])
    def test_finite_slope_where_flat(self, beta: float) -> None:
        image = torch.full((1, 1, 4, 4), 0.5)
        image[..., 2, 2] += 1e-6
        image.requires_grad_()
        total_variation_loss(image, beta=beta).backward()
        assert image.grad is not None
        assert image.grad.isfinite().all()

    def test_boundary_is_both_sides_of_the_seam(self) -> None:
        image, mask = torch.zeros(1, 1, 8, 8), box_mask().float()
        jump = mask.clone()  # the hole is brighter: 4 + 4 rows, 4 + 4 columns of differences
        assert boundary_gradient_loss(jump, mask) == 16
        assert boundary_gradient_loss(jump, mask, reduction="mean") == pytest.approx(16 / 32)
        assert boundary_gradient_loss(image, mask) == 0
        image[..., 0, 0] = 1  # far from the seam
        assert boundary_gradient_loss(image, mask) == 0

    def test_errors(self) -> None:
        for beta in (0, -1, math.nan, math.inf):
            with pytest.raises(ValueError, match="beta must be finite and above 0"):
                TotalVariationLoss(beta=beta)
        with pytest.raises(ValueError, match="reduction must be one of mean, sum; got 'none'"):
            TotalVariationLoss(reduction="none")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"image must have shape \(B, C, H, W\)"):
            total_variation_loss(torch.zeros(3, 8, 8))
        with pytest.raises(ValueError, match=r"mask must have shape \(1, 1, 8, 8\)"):
            boundary_gradient_loss(torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 4, 4))
        for name in ("weight_known", "weight_missing"):
            with pytest.raises(ValueError, match=f"{name} must be finite and at least 0, got -1"):
                MaskedL1Loss(**{name: -1})  # type: ignore[arg-type]


class TestWasserstein:
    @given(n=st.integers(1, 12), m=st.integers(1, 12), seed=seeds)
    def test_sets_of_different_sizes(self, n: int, m: int, seed: int) -> None:
        """Each point as often as it takes for both sets to be as large."""
        first, second = rand(n, 3, seed=seed), rand(m, 3, seed=seed + 1)
        size = math.lcm(n, m)
        repeated = [points.repeat(size // len(points), 1) for points in (first, second)]

        def distance(*sets: Tensor) -> Tensor:
            return sliced_wasserstein_loss(*sets, generator=torch.Generator().manual_seed(seed))

        torch.testing.assert_close(distance(first, second), distance(*repeated))

    def test_of_a_shift(self) -> None:
        """Along a direction, the shift's share of it; over all, a third in three dimensions."""
        points, shift = rand(50, 3), torch.tensor([0.3, 0.0, 0.0])
        found = sliced_wasserstein_loss(
            points, points + shift, directions=4000, generator=torch.Generator().manual_seed(0)
        )
        assert found.item() == pytest.approx(0.09 / 3, rel=0.05)

    def test_empty_sets(self) -> None:
        points = torch.rand(4, 3, requires_grad=True)
        for pair in ((points, torch.zeros(0, 3)), (points[:0], torch.rand(4, 3))):
            loss = sliced_wasserstein_loss(*pair)
            (gradient,) = torch.autograd.grad(loss, points)
            assert loss == 0
            assert not gradient.any()

    def test_same_seed_same_directions(self) -> None:
        first, second = torch.rand(2, 9, 3)
        loss = SlicedWassersteinLoss(directions=3)
        found = [loss(first, second, torch.Generator().manual_seed(s)) for s in (0, 0, 1)]
        assert found[0] == found[1] != found[2]

    def test_errors(self) -> None:
        with pytest.raises(ValueError, match=r"shapes \(N, D\) and \(M, D\), got \(4, 3\)"):
            sliced_wasserstein_loss(torch.zeros(4, 3), torch.zeros(4, 2))
        with pytest.raises(ValueError, match="directions must be at least 1, got 0"):
            SlicedWassersteinLoss(directions=0)


class TestConsistency:
    def test_reduced_predictions_agree(self) -> None:
        coarse = rand(1, 3, 4, 4)
        fine = coarse.repeat_interleave(8, 2).repeat_interleave(8, 3)
        mask = torch.ones(1, 1, 32, 32, dtype=torch.float64)
        loss = multi_scale_consistency_loss(fine, coarse, mask)
        assert loss < F.mse_loss(coarse, coarse.mean().expand_as(coarse)) / 4
        flat = torch.full((1, 3, 4, 4), 0.25)
        assert multi_scale_consistency_loss(torch.full((1, 3, 30, 31), 0.25), flat) < 1e-12

    def test_only_the_hole_counts(self) -> None:
        fine, coarse, mask = rand(1, 3, 16, 16), rand(1, 3, 8, 8, seed=1), torch.zeros(1, 1, 16, 16)
        mask[..., :8, :] = 1
        changed = coarse.clone()
        changed[..., 6:, :] += 1
        assert multi_scale_consistency_loss(fine, changed, mask) == multi_scale_consistency_loss(
            fine, coarse, mask
        )
        assert multi_scale_consistency_loss(fine, coarse, 0 * mask) == 0

    def test_gradients_reach_both(self) -> None:
        fine, coarse = rand(1, 3, 16, 16).requires_grad_(), rand(1, 3, 8, 8).requires_grad_()
        multi_scale_consistency_loss(fine, coarse).backward()
        assert fine.grad is not None
        assert coarse.grad is not None

    def test_errors(self) -> None:
        small, large = torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 16, 16)
        with pytest.raises(ValueError, match="fine is 8x8, smaller than coarse, 16x16"):
            multi_scale_consistency_loss(small, large)
        with pytest.raises(ValueError, match="as many channels"):
            multi_scale_consistency_loss(large, small[:, :1])
        with pytest.raises(ValueError, match=r"mask must have shape \(1, 1, 16, 16\)"):
            multi_scale_consistency_loss(large, small, torch.zeros(1, 1, 8, 8))
