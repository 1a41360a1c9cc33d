"""Metrics look at their region alone, miss a value where there is none, and add up to tables."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch
import torchmetrics.image
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from torch import Tensor, nn

from lamakit.evaluation import (
    Comparison,
    Evaluation,
    area_bin,
    evaluate,
    evaluate_mask_families,
    evaluate_resolutions,
    numpy_method,
)
from lamakit.generators import lama_fourier
from lamakit.inpainting import inpaint
from lamakit.metrics import (
    LPIPS,
    SetMetric,
    color_wasserstein,
    fid,
    kid,
    known_pixels,
    l1,
    log_spectral_distance,
    missing_pixels,
    psnr,
    restrict_to,
    ring_around_hole,
    ssim,
    whole_image,
)
from lamakit.metrics.regions import Metric

METRICS: dict[str, Metric] = {
    "l1": l1,
    "psnr": psnr,
    "ssim": ssim,
    "log_spectral_distance": log_spectral_distance,
    "color_wasserstein": color_wasserstein,
}
PERFECT = {name: {"psnr": math.inf, "ssim": 1.0}.get(name, 0.0) for name in METRICS}


@pytest.fixture(autouse=True)
def _no_windows() -> Iterator[None]:
    mpl.use("agg")
    yield
    plt.close("all")


@pytest.fixture(params=METRICS)
def metric(request: pytest.FixtureRequest) -> Metric:
    return METRICS[request.param]


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_images(seed: int, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=seeded(seed))


def random_mask(seed: int, *shape: int) -> Tensor:
    mask = (random_images(seed, *shape) > 0.6).float()
    mask[..., 0, 0] = 1
    return mask


def box_masks(n: int, size: tuple[int, int] = (24, 32), *, grow: int = 2) -> Tensor:
    """Boxes that grow from mask to mask."""
    masks = torch.zeros(n, 1, *size)
    for i in range(n):
        masks[i, :, 4 : 8 + grow * i, 4 : 12 + grow * i] = 1
    return masks


def grey(image: Tensor, mask: Tensor) -> Tensor:
    return image + 0.5 * mask


def black(image: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG001
    return image


sizes = st.tuples(st.integers(1, 20), st.integers(1, 20))
seeds = st.integers(0, 1000)


class TestRegions:
    @given(seeds, sizes)
    def test_hole_and_known_part_the_image(self, seed: int, size: tuple[int, int]) -> None:
        mask = random_mask(seed, 2, 1, *size)
        assert torch.equal(missing_pixels(mask), mask)
        assert torch.equal(missing_pixels(mask) + known_pixels(mask), whole_image(mask))

    @given(seeds, sizes, st.integers(1, 4))
    def test_a_ring_is_what_lies_near_the_hole(
        self, seed: int, size: tuple[int, int], width: int
    ) -> None:
        mask = (random_images(seed, 1, 1, *size) > 0.9).float()
        missing = mask[0, 0].nonzero().tolist()
        expected = torch.zeros(size)
        for row in range(size[0]):
            for column in range(size[1]):
                near = any(max(abs(row - r), abs(column - c)) <= width for r, c in missing)
                expected[row, column] = near and [row, column] not in missing
        assert torch.equal(ring_around_hole(width)(mask)[0, 0], expected)

    def test_on_chooses_the_region(self) -> None:
        x, y, mask = (
            random_images(0, 2, 3, 9, 9),
            random_images(1, 2, 3, 9, 9),
            box_masks(2, (9, 9)),
        )
        assert torch.equal(restrict_to(missing_pixels, l1)(x, y, mask), l1(x, y, mask))
        assert torch.equal(
            restrict_to(ring_around_hole(2), l1)(x, y, mask), l1(x, y, ring_around_hole(2)(mask))
        )

    def test_ten_bins(self) -> None:
        edges = torch.arange(11, dtype=torch.float64) / 10
        assert area_bin(edges).tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9]
        assert area_bin(edges[1:] - 1e-9).tolist() == list(range(10))

    def test_bad_arguments(self) -> None:
        with pytest.raises(ValueError, match="width must be at least 1, got 0"):
            ring_around_hole(0)
        with pytest.raises(ValueError, match=r"mask must have shape \(B, 1, H, W\)"):
            whole_image(torch.ones(3, 3))
        with pytest.raises(TypeError, match=r"areas must be a floating-point .* torch\.int64"):
            area_bin(torch.arange(3))


class TestEveryMetric:
    @given(st.sampled_from(sorted(METRICS)), seeds, sizes, st.sampled_from([1, 3]))
    def test_never_looks_outside_its_region(
        self, name: str, seed: int, size: tuple[int, int], channels: int
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
        # Spectra need neighbours, which a region of few pixels may not have.
        assert expected.isfinite().all() or name == "log_spectral_distance"

    @pytest.mark.parametrize("name", METRICS)
    def test_perfect_and_better(self, name: str) -> None:
        target, mask = random_images(0, 2, 3, 24, 32), box_masks(2)
        perfect = METRICS[name](target, target, mask)
        assert torch.equal(perfect, torch.full((2,), PERFECT[name]))
        near, far = (
            METRICS[name](target + s * torch.randn(target.shape, generator=seeded(1)), target, mask)
            for s in (0.1, 0.4)
        )
        order = [perfect, near, far]
        order = order[::-1] if PERFECT[name] else order
        assert ((order[0] < order[1]) & (order[1] < order[2])).all()

    def test_an_empty_region_is_a_missing_value(self, metric: Metric) -> None:
        x, y, region = (
            random_images(0, 3, 3, 9, 9),
            random_images(1, 3, 3, 9, 9),
            box_masks(3, (9, 9)),
        )
        region[1] = 0
        assert metric(x, y, region).isnan().tolist() == [False, True, False]

    def test_each_image_is_measured_alone(self, metric: Metric) -> None:
        x, y, mask = random_images(0, 3, 3, 24, 32), random_images(1, 3, 3, 24, 32), box_masks(3)
        alone = [metric(x[i : i + 1], y[i : i + 1], mask[i : i + 1]) for i in range(3)]
        torch.testing.assert_close(metric(x, y, mask), torch.cat(alone))

    def test_half_precision_is_computed_in_float32(self, metric: Metric) -> None:
        x, y, mask = random_images(0, 2, 3, 24, 32), random_images(1, 2, 3, 24, 32), box_masks(2)
        for dtype, expected in ((torch.float16, torch.float32), (torch.float64, torch.float64)):
            found = metric(x.to(dtype), y.to(dtype), mask.to(dtype))
            assert found.dtype == expected
            torch.testing.assert_close(found.float(), metric(x, y, mask), rtol=1e-2, atol=1e-3)

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    def test_on_a_gpu(self, metric: Metric) -> None:
        x, y, mask = random_images(0, 2, 3, 24, 32), random_images(1, 2, 3, 24, 32), box_masks(2)
        found = evaluate(
            lambda image, _: image, y.cuda(), mask.cuda(), metrics={"": metric}, batch_size=2
        )
        torch.testing.assert_close(
            found.values[""].float(), metric(y * (1 - mask), y, mask), rtol=1e-3, atol=1e-4
        )
        on_gpu = metric(x.cuda(), y.cuda(), mask.cuda())
        torch.testing.assert_close(on_gpu.cpu(), metric(x, y, mask), rtol=1e-3, atol=1e-4)

    def test_bad_arguments(self, metric: Metric) -> None:
        image, region = torch.rand(2, 3, 8, 8), torch.ones(2, 1, 8, 8)
        with pytest.raises(ValueError, match=r"one shape, got \(2, 3, 8, 8\) and \(2, 1, 8, 8\)"):
            metric(image, region, region)
        with pytest.raises(
            ValueError, match=r"region must have shape \(2, 1, 8, 8\) to fit images"
        ):
            metric(image, image, region[:1])
        with pytest.raises(ValueError, match=r"region must have shape \(B, 1, H, W\)"):
            metric(image, image, image)
        with pytest.raises(TypeError, match=r"prediction must be a floating-point tensor"):
            metric(image.byte(), image, region)
        with pytest.raises(ValueError, match="on one device, got cpu, cpu and meta"):
            metric(image, image, region.to("meta"))


class TestColors:
    @given(seeds)
    def test_the_place_of_a_colour_does_not_count(self, seed: int) -> None:
        image, mask = random_images(seed, 1, 3, 6, 7), torch.ones(1, 1, 6, 7)
        order = torch.randperm(42, generator=seeded(seed))
        shuffled = image.flatten(2)[..., order].view_as(image)
        assert color_wasserstein(shuffled, image, mask).item() == pytest.approx(0, abs=1e-6)

    @given(seeds)
    def test_a_shift_counts_alike_whichever_way(self, seed: int) -> None:
        image, mask = random_images(seed, 1, 3, 6, 7), torch.ones(1, 1, 6, 7)
        shift = random_images(seed + 1, 3, 1, 1) - 0.5
        found = color_wasserstein(image + shift, image, mask)
        assert found.item() == pytest.approx(shift.square().mean().sqrt().item(), rel=1e-3)

    def test_leaves_random_numbers_alone(self) -> None:
        before = torch.get_rng_state()
        color_wasserstein(torch.rand(1, 3, 4, 4), torch.rand(1, 3, 4, 4), torch.ones(1, 1, 4, 4))
        torch.set_rng_state(before)
        image, mask = torch.rand(1, 3, 4, 4), torch.ones(1, 1, 4, 4)
        state = torch.get_rng_state()
        color_wasserstein(image, image.flip(1), mask)
        assert torch.equal(torch.get_rng_state(), state)

    def test_bad_arguments(self) -> None:
        image, mask = torch.rand(1, 3, 4, 4), torch.ones(1, 1, 4, 4)
        with pytest.raises(ValueError, match="num_bases must be at least 1, got 0"):
            color_wasserstein(image, image, mask, num_bases=0)


class TestLogSpectralDistance:
    def test_smooth_noisy_and_chequered_images_differ_and_brighter_ones_do_not(self) -> None:
        image, mask = random_images(0, 1, 1, 32, 32), torch.ones(1, 1, 32, 32)
        rows, columns = torch.arange(32)[:, None], torch.arange(32)
        others = {
            "smooth": torch.nn.functional.avg_pool2d(image, 3, 1, 1),
            "noisy": image + torch.randn(image.shape, generator=seeded(1)),
            "chequered": image + 2 * ((rows // 2 + columns // 2) % 2),
        }
        for other in others.values():
            assert log_spectral_distance(other, image, mask) > 3
        assert log_spectral_distance(image + 0.3, image, mask) < 1e-2

    def test_a_part_of_a_texture_is_as_far_off_as_the_whole(self) -> None:
        texture = torch.randn(1, 1, 128, 128, generator=seeded(0)).cumsum(2).cumsum(3) / 100
        smooth = torch.nn.functional.avg_pool2d(texture, 5, 1, 2)
        part = torch.zeros(1, 1, 128, 128)
        part[..., 20:60, 30:90] = 1
        part[..., 50:100, 10:25] = 1
        whole = log_spectral_distance(smooth, texture, torch.ones(1, 1, 128, 128)).item()
        assert log_spectral_distance(smooth, texture, part).item() == pytest.approx(whole, rel=0.2)

    def test_pixels_without_neighbours_have_no_spectrum(self) -> None:
        x, y = random_images(0, 2, 1, 8, 8), random_images(1, 2, 1, 8, 8)
        region = torch.eye(8).repeat(2, 1, 1, 1)
        region[1, 0, 0, 1] = 1
        assert log_spectral_distance(x, y, region).isnan().tolist() == [True, False]

    def test_small_images_have_fewer_rings(self) -> None:
        x, y, mask = (
            random_images(0, 1, 1, 9, 6),
            random_images(1, 1, 1, 9, 6),
            torch.ones(1, 1, 9, 6),
        )
        assert torch.equal(
            log_spectral_distance(x, y, mask), log_spectral_distance(x, y, mask, num_bins=3)
        )
        with pytest.raises(ValueError, match="num_bins must be at least 1, got 0"):
            log_spectral_distance(x, y, mask, num_bins=0)


@pytest.fixture(scope="module")
def lpips() -> LPIPS:
    torch.manual_seed(0)
    return LPIPS()


class TestLPIPS:
    def test_perfect_and_better(self, lpips: LPIPS) -> None:
        target = random_images(0, 2, 3, 24, 32)
        noise = torch.randn(target.shape, generator=seeded(1))
        values = [lpips(target + scale * noise, target) for scale in (0, 0.05, 0.4)]
        assert values[0].tolist() == [0, 0]
        assert ((values[0] < values[1]) & (values[1] < values[2])).all()

    def test_only_the_images_have_gradients(self, lpips: LPIPS) -> None:
        prediction = random_images(0, 1, 3, 16, 16).requires_grad_()
        lpips(prediction, random_images(1, 1, 3, 16, 16)).sum().backward()
        assert prediction.grad is not None
        assert prediction.grad.isfinite().all()
        assert prediction.grad.abs().max() > 0
        assert not any(parameter.requires_grad for parameter in lpips.parameters())

    def test_reads_files_of_weights(self, lpips: LPIPS, tmp_path: Path) -> None:
        linear = {f"lin{i}.model.1.weight": w.detach() for i, w in enumerate(lpips.linear)}
        torch.save(lpips.backbone.body.state_dict(), tmp_path / "vgg16.pth")
        torch.save(linear, tmp_path / "vgg.pth")
        other = LPIPS(tmp_path / "vgg16.pth", str(tmp_path / "vgg.pth"))
        images = random_images(0, 1, 3, 16, 16), random_images(1, 1, 3, 16, 16)
        assert torch.equal(other(*images), lpips(*images))

    def test_bad_arguments(self, lpips: LPIPS) -> None:
        with pytest.raises(
            FileNotFoundError, match=r"there is no file none\.pth; .* LPIPS publish"
        ):
            LPIPS(lpips.backbone.body.state_dict(), "none.pth")
        with pytest.raises(
            ValueError, match=r"not those of LPIPS's linear layers .* 5 missing: lin0"
        ):
            LPIPS(lpips.backbone.body.state_dict(), {})
        with pytest.raises(ValueError, match="sides of at least 16"):
            lpips(torch.rand(1, 3, 8, 16), torch.rand(1, 3, 8, 16))
        with pytest.raises(ValueError, match="must have one shape"):
            lpips(torch.rand(1, 3, 16, 16), torch.rand(2, 3, 16, 16))


def colours(image: Tensor) -> list[Tensor]:
    return [image]


class TestSetMetrics:
    @pytest.mark.parametrize(
        "metric", [fid(colours), kid(colours, subset_size=5, subsets=2)], ids=["fid", "kid"]
    )
    def test_reset_forgets(self, metric: SetMetric) -> None:
        x, y = random_images(0, 8, 3, 4, 4), random_images(1, 8, 3, 4, 4)
        values = []
        for _ in range(2):
            metric.reset()
            metric.update(x / 2, y)
            torch.manual_seed(0)  # of KID's subsets
            values.append(float(metric.compute()))
        assert values[0] == values[1] > 0

    def test_too_few_images(self) -> None:
        few = torch.rand(1, 3, 4, 4)
        for metric, needed in ((fid(colours), 2), (kid(colours, subset_size=5), 5)):
            with pytest.raises(ValueError, match=f"at least {needed} images are needed, got 0"):
                metric.compute()
            metric.update(few, few)
            with pytest.raises(ValueError, match=f"at least {needed} images are needed, got 1"):
                metric.compute()

    def test_bad_arguments(self) -> None:
        with pytest.raises(ValueError, match="subset_size must be at least 2, got 1"):
            kid(colours, subset_size=1)
        with pytest.raises(ValueError, match="subsets must be at least 1, got 0"):
            kid(colours, subsets=0)
        with pytest.raises(ValueError, match="must have one shape"):
            fid(colours).update(torch.rand(1, 3, 4, 4), torch.rand(2, 3, 4, 4))

    @pytest.mark.parametrize("build", [fid, kid])
    def test_names_the_extra(
        self, build: Callable[..., SetMetric], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, f"torchmetrics.image.{build.__name__}", None)
        with pytest.raises(ImportError, match=r"lamakit\[metrics\]"):
            build(colours)


class TestEvaluate:
    def test_measures_every_image(self) -> None:
        images, masks = random_images(0, 5, 3, 24, 32), box_masks(5)
        found = evaluate(grey, images, masks, metrics={"L1": l1, "PSNR": psnr}, batch_size=2)
        prediction = torch.where(masks > 0, 0.5, images)
        torch.testing.assert_close(found.values["L1"], l1(prediction, images, masks).double())
        torch.testing.assert_close(found.values["PSNR"], psnr(prediction, images, masks).double())
        torch.testing.assert_close(found.areas, masks.double().mean(dim=(1, 2, 3)))
        assert len(found) == len(found.seconds) == 5
        assert (found.seconds > 0).all()

    def test_sizes_may_differ_and_only_equal_neighbours_share_a_batch(self) -> None:
        sizes = [(8, 8), (8, 8), (8, 8), (8, 12), (8, 8)]
        images = [random_images(i, 3, *size) for i, size in enumerate(sizes)]
        masks = [random_mask(i, 1, *size) for i, size in enumerate(sizes)]
        seen: list[tuple[int, ...]] = []

        def filler(image: Tensor, mask: Tensor) -> Tensor:
            seen.append(tuple(image.shape))
            return grey(image, mask)

        found = evaluate(filler, iter(images), iter(masks), metrics={"L1": l1}, batch_size=2)
        assert [(shape[0], *shape[2:]) for shape in seen] == [
            (2, 8, 8),
            (1, 8, 8),
            (1, 8, 12),
            (1, 8, 8),
        ]
        alone = evaluate(grey, images, masks, metrics={"L1": l1})
        torch.testing.assert_close(found.values["L1"], alone.values["L1"])

    def test_never_shows_what_is_under_the_hole(self) -> None:
        images, masks = random_images(0, 2, 3, 24, 32), box_masks(2)

        def filler(image: Tensor, mask: Tensor) -> Tensor:
            assert (image[(mask > 0).expand_as(image)] == 0).all()
            return image

        evaluate(filler, images, masks, metrics={"L1": l1})

    def test_networks_run_as_inpaint_does_and_keep_their_mode(self) -> None:
        model = lama_fourier(base_channels=4, num_blocks=1)
        model.front[0].eval()
        modes = [module.training for module in model.modules()]
        state = {name: value.clone() for name, value in model.state_dict().items()}
        images, masks = random_images(0, 3, 3, 24, 32), box_masks(3)
        found = evaluate(model, images, masks, metrics={"L1": l1}, batch_size=3)
        assert [module.training for module in model.modules()] == modes
        assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
        with torch.inference_mode():
            expected = l1(inpaint(model.eval(), images, masks), images, masks)
        torch.testing.assert_close(found.values["L1"], expected.double())

    def test_the_mode_comes_back_after_an_error(self) -> None:
        class Broken(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                raise RuntimeError(f"broken at {x.shape[2]}")

        model = Broken()
        with pytest.raises(RuntimeError, match="broken at 24"):
            evaluate(model, torch.rand(1, 3, 24, 32), box_masks(1), metrics={"L1": l1})
        assert model.training

    def test_fillers_may_use_gradients(self) -> None:
        def optimised(image: Tensor, mask: Tensor) -> Tensor:
            level = torch.zeros((), requires_grad=True)
            (image + level * mask).sum().backward()
            assert level.grad is not None
            return image + (level + level.grad.sign() / 2) * mask

        images, masks = random_images(0, 2, 3, 24, 32), box_masks(2)
        found = evaluate(optimised, images, masks, metrics={"L1": l1})
        same = evaluate(grey, images, masks, metrics={"L1": l1})
        torch.testing.assert_close(found.values["L1"], same.values["L1"])

    def test_whole_sets_and_torchmetrics(self) -> None:
        images, masks = random_images(0, 6, 3, 24, 32), box_masks(6)
        theirs = torchmetrics.image.PeakSignalNoiseRatio(data_range=1.0)
        metrics: dict[str, Metric | SetMetric] = {"FID": fid(colours), "PSNR": theirs, "L1": l1}
        model = lama_fourier(base_channels=4, num_blocks=1)
        for filler in (grey, model, grey):
            found = evaluate(filler, images, masks, metrics=metrics, batch_size=4)
        assert found.totals.keys() == {"FID", "PSNR"}
        alone = fid(colours)
        alone.update(torch.where(masks > 0, 0.5, images), images)
        assert found.mean("FID") == pytest.approx(float(alone.compute()), rel=1e-6)
        error = (torch.where(masks > 0, 0.5, images) - images).square().mean()
        assert found.mean("PSNR") == pytest.approx(-10 * math.log10(error), rel=1e-5)

    def test_shows_progress(self, capfd: pytest.CaptureFixture[str]) -> None:
        images, masks = random_images(0, 3, 3, 24, 32), box_masks(3)
        evaluate(grey, images, masks, metrics={"L1": l1}, progress=True, batch_size=2)
        assert "3/3" in capfd.readouterr().err
        evaluate(grey, images, masks, metrics={"L1": l1})
        assert capfd.readouterr().err == ""

    def test_names_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "tqdm", None)
        with pytest.raises(ImportError, match=r"tqdm: pip install \"lamakit\[metrics\]\""):
            evaluate(grey, torch.rand(1, 3, 24, 32), box_masks(1), metrics={}, progress=True)

    def test_bad_arguments(self) -> None:
        images, masks = random_images(0, 3, 3, 24, 32), box_masks(3)
        for few in ((images[:2], masks), (images, masks[:2])):
            with pytest.raises(ValueError, match="images and masks must be equally many"):
                evaluate(grey, *few, metrics={"L1": l1})
        with pytest.raises(ValueError, match="at least one image, got none"):
            evaluate(grey, [], [], metrics={"L1": l1})
        with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
            evaluate(grey, images, masks, metrics={"L1": l1}, batch_size=0)
        with pytest.raises(
            ValueError, match=r"must return the images' shape \(1, 3, 24, 32\), got"
        ):
            evaluate(lambda image, _: image[..., 1:], images, masks, metrics={"L1": l1})
        with pytest.raises(ValueError, match=r"'mean' must return one value for each of 1 images"):
            evaluate(grey, images, masks, metrics={"mean": lambda x, _y, _mask: x.mean()})
        with pytest.raises(ValueError, match="mask must have shape"):
            evaluate(grey, images, masks[..., 1:], metrics={"L1": l1})


class TestArrayFiller:
    def test_gives_images_as_other_libraries_have_them(self) -> None:
        images, masks = random_images(0, 2, 3, 4, 5), random_mask(1, 2, 1, 4, 5)

        def function(image: object, mask: object) -> object:
            assert isinstance(image, type(masks.numpy()))
            assert isinstance(mask, type(masks.numpy()))
            assert image.shape == (4, 5, 3)
            assert image.dtype == "float32"
            assert mask.shape == (4, 5)
            assert mask.dtype == "bool"
            filled = image.astype("float64")
            filled[mask] = [0.25, 0.5, 0.75]
            return filled

        filled = numpy_method(function)(images.double(), masks.double())  # type: ignore[arg-type]
        colour = torch.tensor([0.25, 0.5, 0.75]).view(3, 1, 1)
        expected = torch.where(masks > 0, colour, images)
        assert filled.dtype == torch.float64
        torch.testing.assert_close(filled.float(), expected)

    def test_bad_arguments(self) -> None:
        fill = numpy_method(lambda image, _: image[..., 0])
        with pytest.raises(
            ValueError, match=r"function must return shape \(4, 5, 3\), got \(4, 5\)"
        ):
            fill(torch.rand(1, 3, 4, 5), torch.ones(1, 1, 4, 5))
        with pytest.raises(ValueError, match="mask must have shape"):
            fill(torch.rand(1, 3, 4, 5), torch.ones(1, 1, 5, 4))


def example() -> Evaluation:
    return Evaluation(
        values={
            "PSNR": torch.tensor([20.0, 24.0, 14.0]),
            "ring": torch.tensor([0.5, math.nan, 0.25]),
        },
        totals={"FID": 12.5},
        areas=torch.tensor([0.11, 0.19, 0.42]),
        seconds=torch.tensor([0.5, 0.1, 0.1]),
    )


def evaluations() -> dict[str, Evaluation]:
    images, masks = random_images(0, 4, 3, 24, 32), box_masks(4, grow=4)
    metrics: dict[str, Metric | SetMetric] = {"L1": l1, "PSNR": psnr, "FID": fid(colours)}
    return {
        "black": evaluate(black, images, masks, metrics=metrics),
        "grey": evaluate(grey, images, masks, metrics=metrics),
    }


class TestEvaluation:
    def test_prints_a_table_by_area_that_counts_what_is_missing(self) -> None:
        assert str(example()).splitlines() == [
            "mask area  images         PSNR          ring   FID  seconds",
            "  10-20 %       2       22 ± 2           0.5            0.3",
            "  40-50 %       1           14          0.25            0.1",
            "      all       3  19.33 ± 2.9  0.375 ± 0.12  12.5      0.1",
            "ring is missing for 1 of 3 images.",
        ]

    def test_prints_what_no_image_has(self) -> None:
        none = Evaluation({"ring": torch.tensor([math.nan])}, {}, torch.zeros(1), torch.ones(1))
        assert str(none).splitlines()[-2:] == [
            "      all       1   nan        1",
            "ring is missing for 1 of 1 images.",
        ]

    def test_means_leave_out_what_is_missing(self) -> None:
        assert example().mean("ring") == 0.375
        assert example().mean("FID") == 12.5
        with pytest.raises(ValueError, match="no metric is called 'SSIM'; known are PSNR, ring"):
            example().mean("SSIM")

    def test_writes_a_file(self, tmp_path: Path) -> None:
        example().to_csv(tmp_path / "found.csv")
        with (tmp_path / "found.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == ["image", "area", "seconds", "PSNR", "ring"]
        assert [row["image"] for row in rows] == ["0", "1", "2"]
        assert [float(row["PSNR"]) for row in rows] == [20, 24, 14]
        assert [row["ring"] for row in rows] == ["0.5", "", "0.25"]

    def test_plots(self) -> None:
        axes = example().plot_by_area("PSNR", label="mine")
        (drawn,) = axes.containers
        assert drawn.get_label() == "mine"
        assert drawn[0].get_xdata().tolist() == [15, 45]
        assert drawn[0].get_ydata().tolist() == [22, 14]
        assert example().plot_by_area("ring", axes=axes) is axes
        with pytest.raises(ValueError, match="no metric is called 'FID'"):
            example().plot_by_area("FID")

    def test_names_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
        with pytest.raises(ImportError, match=r"matplotlib: pip install \"lamakit\[metrics\]\""):
            example().plot_by_area("PSNR")


class TestComparison:
    def test_differences_are_paired(self) -> None:
        found = evaluations()
        difference = Comparison(found).difference("grey", "L1")
        assert torch.equal(difference, found["grey"].values["L1"] - found["black"].values["L1"])
        printed = str(Comparison(found))
        mean, error = difference.mean().item(), difference.std().item() / 2
        assert f"{mean:.4g} ± {error:.2g}" in printed
        assert "4 images. A difference is the paired one from black." in printed
        with pytest.raises(ValueError, match="no method is called 'white'; known are black, grey"):
            Comparison(found).difference("white", "L1")
        with pytest.raises(ValueError, match="no metric is called 'SSIM'"):
            Comparison(found).difference("grey", "SSIM")

    def test_says_what_is_missing(self) -> None:
        printed = str(Comparison({"a": example(), "b": example()}))
        assert "a: ring is missing for 1 of 3 images.\nb: ring is missing" in printed
        assert "0 ± 0" in printed

    def test_writes_a_file(self, tmp_path: Path) -> None:
        Comparison(evaluations()).to_csv(tmp_path / "found.csv")
        with (tmp_path / "found.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == ["method", "image", "area", "seconds", "L1", "PSNR"]
        assert [row["method"] for row in rows] == 4 * ["black"] + 4 * ["grey"]

    def test_plots(self) -> None:
        axes = Comparison(evaluations()).plot_by_area("L1")
        legend = axes.get_legend()
        assert legend is not None
        assert [text.get_text() for text in legend.get_texts()] == ["black", "grey"]

    def test_bad_arguments(self) -> None:
        with pytest.raises(ValueError, match="at least one evaluation, got none"):
            Comparison({})
        images, masks = random_images(0, 4, 3, 24, 32), box_masks(4)
        other = evaluate(grey, images, masks, metrics={"L1": l1})
        with pytest.raises(ValueError, match="'other' must have the metrics of 'black'"):
            Comparison({**evaluations(), "other": other})
        moved = evaluate(grey, images, masks.flip(0), metrics={"L1": l1})
        with pytest.raises(ValueError, match="'moved' must have the images and masks of 'other'"):
            Comparison({"other": other, "moved": moved})


class TestProtocols:
    def test_sides_are_made_smaller_in_proportion(self) -> None:
        images = [torch.full((3, 32, 48), 0.75), torch.full((3, 40, 32), 0.75)]
        masks = [torch.zeros(1, 32, 48), torch.zeros(1, 40, 32)]
        masks[0][:, 8:16, 8:24] = masks[1][:, 8:16, 8:24] = 1
        seen: list[tuple[int, ...]] = []

        def filler(image: Tensor, mask: Tensor) -> Tensor:
            seen.append(tuple(image.shape[2:]))
            return grey(image, mask)

        curve = evaluate_resolutions(filler, images, masks, sides=(8, 16, 32), metrics={"L1": l1})
        assert seen == [(8, 12), (10, 8), (16, 24), (20, 16), (32, 48), (40, 32)]
        for evaluation in curve.evaluations.values():
            torch.testing.assert_close(evaluation.values["L1"], torch.full((2,), 0.25).double())
            expected = torch.stack([mask.double().mean() for mask in masks])
            torch.testing.assert_close(evaluation.areas, expected)
        assert "paired one from 8." in str(curve)
        (line,) = curve.plot("L1", label="grey").lines
        assert np.asarray(line.get_xdata()).tolist() == [8, 16, 32]

    def test_sides_refuses(self) -> None:
        images, masks = random_images(0, 2, 3, 24, 32), box_masks(2)
        with pytest.raises(ValueError, match="24x32 is too small for the side 48: leave out"):
            evaluate_resolutions(grey, images, masks, sides=(12, 48), metrics={"L1": l1})
        with pytest.raises(TypeError, match="masks are gone through several times: give a list"):
            evaluate_resolutions(grey, images, iter(masks), sides=(12,), metrics={"L1": l1})
        with pytest.raises(ValueError, match="at least one side, got none"):
            evaluate_resolutions(grey, images, masks, sides=(), metrics={"L1": l1})
        with pytest.raises(ValueError, match="sides must be at least 1, got 0"):
            evaluate_resolutions(grey, images, masks, sides=(0,), metrics={"L1": l1})

    def test_brushes_give_every_method_the_same_holes(self) -> None:
        images = random_images(0, 3, 3, 24, 32)
        masks = {"thin": box_masks(3, grow=1), "thick": box_masks(3, grow=5)}
        metrics: dict[str, Metric | SetMetric] = {"L1": l1, "FID": fid(colours)}
        found = evaluate_mask_families(
            {"black": black, "grey": grey}, images, masks, metrics=metrics
        )
        for brush, comparison in found.comparisons.items():
            expected = evaluate(grey, images, masks[brush], metrics=metrics)
            assert torch.equal(comparison.evaluations["grey"].values["L1"], expected.values["L1"])
            assert comparison.evaluations["grey"].mean("FID") == expected.mean("FID")
        lines = str(found).splitlines()
        assert [line.split()[0] for line in lines] == ["method", "black", "grey"]
        for title in ("thin L1", "thin FID", "thick L1", "thick FID", "seconds"):
            assert title in lines[0]

    def test_brushes_refuses(self) -> None:
        images, masks = random_images(0, 2, 3, 24, 32), box_masks(2)
        with pytest.raises(TypeError, match=r"masks\['thin'\] are gone through several times"):
            evaluate_mask_families(
                {"grey": grey}, images, {"thin": iter(masks)}, metrics={"L1": l1}
            )
        with pytest.raises(TypeError, match="images are gone through several times"):
            evaluate_mask_families(
                {"grey": grey}, iter(images), {"thin": masks}, metrics={"L1": l1}
            )
        for fillers, brushes in (({}, {"thin": masks}), ({"grey": grey}, {})):
            with pytest.raises(ValueError, match="fillers and masks must hold at least one each"):
                evaluate_mask_families(fillers, images, brushes, metrics={"L1": l1})


def test_colours_are_measured_in_full_precision_under_autocast() -> None:
    image, region = torch.full((1, 3, 16, 16), 0.5), torch.ones(1, 1, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        distance = color_wasserstein(image + 0.002, image, region)
    assert distance.dtype == torch.float32
    assert float(distance) == pytest.approx(0.002, rel=1e-3)


def test_lpips_weights_of_any_dtype_and_in_half_precision() -> None:
    linear = {
        f"lin{i}.model.1.weight": torch.rand(1, c, 1, 1, dtype=torch.float64)
        for i, c in enumerate((64, 128, 256, 512, 512))
    }
    lpips = LPIPS(linear_weights=linear)
    assert {p.dtype for p in lpips.parameters()} == {torch.float32}
    black, grey = torch.zeros(1, 3, 32, 32), torch.full((1, 3, 32, 32), 0.5)
    assert lpips.half()(black.half(), grey.half()).isfinite().all()
