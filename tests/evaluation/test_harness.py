"""evaluate runs a method on every image, shows it no hole, and keeps its mode and gradients."""

from __future__ import annotations

import math
import sys

import pytest
import torch
import torchmetrics.image
from torch import Tensor, nn

from lamakit.evaluation import evaluate
from lamakit.generators import lama_fourier
from lamakit.inpainting import inpaint
from lamakit.metrics import SetMetric, fid, l1, psnr
from lamakit.metrics.regions import Metric
from tests.evaluation.inputs import grey
from tests.helpers import assert_same_tensors, state_of
from tests.metrics.inputs import METRICS, box_masks, mean_color, random_images, random_mask


def test_measures_every_image() -> None:
    images, masks = random_images(0, 5, 3, 24, 32), box_masks(5)
    found = evaluate(grey, images, masks, metrics={"L1": l1, "PSNR": psnr}, batch_size=2)
    prediction = torch.where(masks > 0, 0.5, images)
    torch.testing.assert_close(found.values["L1"], l1(prediction, images, masks).double())
    torch.testing.assert_close(found.values["PSNR"], psnr(prediction, images, masks).double())
    torch.testing.assert_close(found.areas, masks.double().mean(dim=(1, 2, 3)))
    assert len(found) == len(found.seconds) == 5
    assert (found.seconds > 0).all()


def test_sizes_may_differ_and_only_equal_neighbours_share_a_batch() -> None:
    sizes = [(8, 8), (8, 8), (8, 8), (8, 12), (8, 8)]
    images = [random_images(i, 3, *size) for i, size in enumerate(sizes)]
    masks = [random_mask(i, 1, *size) for i, size in enumerate(sizes)]
    seen: list[tuple[int, ...]] = []

    def method(image: Tensor, mask: Tensor) -> Tensor:
        seen.append((image.shape[0], *image.shape[2:]))
        return grey(image, mask)

    found = evaluate(method, iter(images), iter(masks), metrics={"L1": l1}, batch_size=2)
    assert seen == [(2, 8, 8), (1, 8, 8), (1, 8, 12), (1, 8, 8)]
    alone = evaluate(grey, images, masks, metrics={"L1": l1})
    torch.testing.assert_close(found.values["L1"], alone.values["L1"])


def test_a_method_never_sees_what_is_in_the_hole() -> None:
    images, masks = random_images(0, 2, 3, 24, 32), box_masks(2)
    seen = []

    def method(image: Tensor, mask: Tensor) -> Tensor:
        seen.append(image[(mask > 0).expand_as(image)].abs().max().item())
        return image

    evaluate(method, images, masks, metrics={"L1": l1})
    assert seen == [0, 0]


def test_networks_run_as_inpaint_does_and_keep_their_mode() -> None:
    model = lama_fourier(base_channels=4, num_blocks=1)
    model.front[0].eval()
    modes = [module.training for module in model.modules()]
    state = state_of(model)
    images, masks = random_images(0, 3, 3, 24, 32), box_masks(3)
    found = evaluate(model, images, masks, metrics={"L1": l1}, batch_size=3)
    assert [module.training for module in model.modules()] == modes
    assert_same_tensors(state_of(model), state)
    with torch.inference_mode():
        expected = l1(inpaint(model.eval(), images, masks), images, masks)
    torch.testing.assert_close(found.values["L1"], expected.double())


def test_the_mode_comes_back_after_an_error() -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError(f"broken at {x.shape[2]}")

    model = Broken()
    with pytest.raises(RuntimeError, match="broken at 24"):
        evaluate(model, torch.rand(1, 3, 24, 32), box_masks(1), metrics={"L1": l1})
    assert model.training


def test_methods_may_use_gradients() -> None:
    def optimised(image: Tensor, mask: Tensor) -> Tensor:
        level = torch.zeros((), requires_grad=True)
        (image + level * mask).sum().backward()
        assert level.grad is not None
        return image + (level + level.grad.sign() / 2) * mask

    images, masks = random_images(0, 2, 3, 24, 32), box_masks(2)
    found = evaluate(optimised, images, masks, metrics={"L1": l1})
    same = evaluate(grey, images, masks, metrics={"L1": l1})
    torch.testing.assert_close(found.values["L1"], same.values["L1"])


def test_set_metrics_start_anew_at_every_evaluation() -> None:
    images, masks = random_images(0, 6, 3, 24, 32), box_masks(6)
    theirs = torchmetrics.image.PeakSignalNoiseRatio(data_range=1.0)
    metrics: dict[str, Metric | SetMetric] = {"FID": fid(mean_color), "PSNR": theirs, "L1": l1}
    model = lama_fourier(base_channels=4, num_blocks=1)
    for method in (grey, model, grey):
        found = evaluate(method, images, masks, metrics=metrics, batch_size=4)
    assert found.set_values.keys() == {"FID", "PSNR"}
    alone = fid(mean_color)
    alone.update(torch.where(masks > 0, 0.5, images), images)
    assert found.mean("FID") == pytest.approx(float(alone.compute()), rel=1e-6)
    error = (torch.where(masks > 0, 0.5, images) - images).square().mean()
    assert found.mean("PSNR") == pytest.approx(-10 * math.log10(error), rel=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", METRICS)
def test_on_a_gpu(name: str) -> None:
    images, masks, metric = random_images(1, 2, 3, 24, 32), box_masks(2), METRICS[name]
    found = evaluate(
        lambda image, _: image, images.cuda(), masks.cuda(), metrics={"": metric}, batch_size=2
    )
    expected = metric(images * (1 - masks), images, masks)
    torch.testing.assert_close(found.values[""].float(), expected, rtol=1e-3, atol=1e-4)


def test_a_progress_bar_counts_images(capfd: pytest.CaptureFixture[str]) -> None:
    images, masks = random_images(0, 3, 3, 24, 32), box_masks(3)
    evaluate(grey, images, masks, metrics={"L1": l1}, progress=True, batch_size=2)
    assert "3/3" in capfd.readouterr().err
    evaluate(grey, iter(images), masks, metrics={"L1": l1}, progress=True, batch_size=2)
    assert "3image" in capfd.readouterr().err
    evaluate(grey, images, masks, metrics={"L1": l1})
    assert capfd.readouterr().err == ""


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    evaluate(grey, torch.rand(1, 3, 24, 32), box_masks(1), metrics={})
    with pytest.raises(ImportError, match=r"evaluate needs tqdm: pip install 'lamakit\[io\]'"):
        evaluate(grey, torch.rand(1, 3, 24, 32), box_masks(1), metrics={}, progress=True)


def test_numbers_that_do_not_fit() -> None:
    images, masks = random_images(0, 3, 3, 24, 32), box_masks(3)
    for few in ((images[:2], masks), (images, masks[:2])):
        with pytest.raises(ValueError, match="images and masks must be equally many"):
            evaluate(grey, *few, metrics={"L1": l1})
    with pytest.raises(ValueError, match="at least one image, got none"):
        evaluate(grey, [], [], metrics={"L1": l1})
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        evaluate(grey, images, masks, metrics={"L1": l1}, batch_size=0)


def test_shapes_that_do_not_fit() -> None:
    images, masks = random_images(0, 3, 3, 24, 32), box_masks(3)
    with pytest.raises(ValueError, match=r"the method's result and the images must have one shape"):
        evaluate(lambda image, _: image[..., 1:], images, masks, metrics={"L1": l1})
    with pytest.raises(ValueError, match=r"'mean' must return one value for each of 1 images"):
        evaluate(grey, images, masks, metrics={"mean": lambda x, _y, _mask: x.mean()})
    with pytest.raises(ValueError, match="mask must have shape"):
        evaluate(grey, images, masks[..., 1:], metrics={"L1": l1})
    with pytest.raises(TypeError, match="mask must be a floating-point tensor"):
        evaluate(grey, images, masks.bool(), metrics={"L1": l1})
