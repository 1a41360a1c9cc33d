"""Refinement of any size: sizes, losses, batches, thin holes, memory."""

from __future__ import annotations

import copy
import sys

import pytest
import torch
from torch import Tensor, nn

from lamakit.generators import lama_regular
from lamakit.images import composite
from lamakit.images.resizing import upsample
from lamakit.inpainting import inpaint
from lamakit.refinement import refine
from lamakit.refinement.pyramid import build_pyramid
from tests.refinement.samples import MODEL, SmallUNet, Trace, image_and_hole


@pytest.mark.parametrize("size", [(33, 500), (64, 64), (97, 130), (1, 1), (3, 70), (500, 33)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_any_size_comes_back(size: tuple[int, int], dtype: torch.dtype) -> None:
    image, mask = image_and_hole(*size, dtype=dtype)
    trace = Trace()
    result = refine(MODEL, image, mask, min_side=16, iterations=2, on_step=trace)
    assert result.shape == image.shape
    assert result.dtype == dtype
    assert result.isfinite().all()
    known = (mask == 0).expand_as(image)
    assert torch.equal(result[known], image[known])
    assert all(losses.isfinite().all() for losses in trace.losses)


def test_a_large_odd_size_at_three_scales() -> None:
    image, mask = image_and_hole(500, 501)
    trace = Trace()
    result = refine(MODEL, image, mask, min_side=125, iterations=2, on_step=trace)
    assert result.shape == image.shape
    assert trace.steps == [(1, 0), (1, 1), (2, 0), (2, 1)]


def test_the_loss_falls_and_the_hole_changes() -> None:
    image, mask = image_and_hole(96, 120)
    trace = Trace()
    result = refine(MODEL, image, mask, min_side=24, iterations=5, on_step=trace)
    for scale in (1, 2):
        assert (trace.of(scale).diff(dim=0) < 0).all()
    assert (result - inpaint(MODEL, image, mask)).abs().max() > 1e-4


@pytest.mark.parametrize("iterations", [0, 1])
def test_without_updates_it_is_one_plain_pass(iterations: int) -> None:
    image, mask = image_and_hole(90, 70)
    trace = Trace()
    result = refine(MODEL, image, mask, min_side=20, iterations=iterations, on_step=trace)
    assert torch.equal(result, inpaint(MODEL, image, mask))
    assert trace.steps == [(1, 0), (2, 0)]


def test_small_images_get_one_plain_pass() -> None:
    image, mask = image_and_hole(90, 70)
    trace = Trace()
    assert torch.equal(refine(MODEL, image, mask, on_step=trace), inpaint(MODEL, image, mask))
    assert not trace.steps


def test_batch_equals_single_images() -> None:
    model = copy.deepcopy(MODEL).double()
    image, mask = image_and_hole(50, 60, batch=3, dtype=torch.float64)

    def run(part: slice, trace: Trace, tolerance: float | None) -> Tensor:
        pair = image[part], mask[part]
        return refine(model, *pair, min_side=14, iterations=5, tolerance=tolerance, on_step=trace)

    def compare(tolerance: float | None) -> tuple[Trace, set[int]]:
        batch, singles = Trace(), [Trace(), Trace(), Trace()]
        apart = [run(slice(n, n + 1), trace, tolerance) for n, trace in enumerate(singles)]
        together = run(slice(None), batch, tolerance)
        torch.testing.assert_close(together, torch.cat(apart), rtol=0, atol=1e-9)
        for scale in (1, 2):
            for number, trace in enumerate(singles):
                losses = trace.of(scale)[:, 0]
                torch.testing.assert_close(batch.of(scale)[: len(losses), number], losses)
        return batch, {len(trace.steps) for trace in singles}

    batch, lengths = compare(None)
    assert lengths == {10}
    losses = batch.of(1)
    median = float((1 - losses[1:] / losses[:-1]).median())
    _, lengths = compare(median)  # some images end their descent before others
    assert len(lengths) > 1


def test_tolerance_ends_a_scale() -> None:
    image, mask = image_and_hole(64, 64)
    trace = Trace()
    refine(MODEL, image, mask, min_side=32, tolerance=1, on_step=trace)
    assert trace.steps == [(1, 0), (1, 1)]


def test_thin_holes_and_no_known_pixel() -> None:
    image, mask = image_and_hole(80, 80)
    thin, trace = torch.zeros_like(mask), Trace()
    thin[..., 40, :] = 1
    plain = inpaint(MODEL, image, thin)
    result = refine(MODEL, image, thin, min_side=20, iterations=3, on_step=trace)
    assert result.isfinite().all()
    assert all(losses.isfinite().all() for losses in trace.losses)
    assert (result - plain).abs().max() > 0  # the known pixels still count
    assert refine(MODEL, image, torch.ones_like(mask), min_side=20, iterations=3).isfinite().all()
    assert torch.equal(
        refine(MODEL, image, torch.zeros_like(mask), min_side=20, iterations=2), image
    )


@pytest.mark.parametrize("max_pixels", [None, 2000])
def test_what_lies_under_the_hole_does_not_matter(max_pixels: int | None) -> None:
    image, mask = image_and_hole(64, 75)
    results = [
        refine(MODEL, pixels, mask, min_side=20, iterations=2, max_pixels=max_pixels)
        for pixels in (image, torch.where(mask > 0, torch.nan, image))
    ]
    assert torch.equal(*results)


@pytest.mark.parametrize("model", [MODEL, lama_regular(base_channels=4, num_blocks=2).eval()])
def test_checkpointing_changes_nothing(model: nn.Module) -> None:
    image, mask = image_and_hole(64, 80)
    plain, thrifty = (
        refine(model, image, mask, min_side=32, iterations=4, checkpoint=checkpoint)
        for checkpoint in (False, True)
    )
    torch.testing.assert_close(plain, thrifty, rtol=0, atol=1e-6)


def test_a_model_in_half_precision_is_refined_in_float32() -> None:
    model = copy.deepcopy(MODEL).to(torch.bfloat16)
    trace = Trace()
    refine(model, *image_and_hole(64, 64), min_side=32, iterations=6, on_step=trace)
    assert trace.of(1)[-1] < trace.of(1)[0]


def test_max_pixels_bounds_the_work_and_not_the_result() -> None:
    image, mask = image_and_hole(150, 211)
    sizes = []
    handle = MODEL.register_forward_pre_hook(lambda _, x: sizes.append(x[0].shape[2:].numel()))
    front = MODEL.front.register_forward_pre_hook(lambda _, x: sizes.append(x[0].shape[2:].numel()))
    result = refine(MODEL, image, mask, min_side=20, iterations=2, max_pixels=5000)
    handle.remove()
    front.remove()
    assert 4000 < max(sizes) < 5000 + 8 * (59 + 83)  # rounded up to multiples of 8
    assert result.shape == image.shape
    known = (mask == 0).expand_as(image)
    assert torch.equal(result[known], image[known])
    assert not torch.equal(result, image)


def test_a_float64_image_with_a_float32_network() -> None:
    image, mask = torch.rand(1, 3, 70, 66, dtype=torch.float64), torch.zeros(1, 1, 70, 66).double()
    mask[..., 20:50, 20:50] = 1
    exact = refine(MODEL, image, mask, min_side=32, iterations=3)
    assert exact.dtype == torch.float64
    rounded = refine(MODEL, image.float(), mask.float(), min_side=32, iterations=3)
    torch.testing.assert_close(exact.float(), rounded, rtol=0, atol=1e-4)
    assert torch.equal(exact[mask.expand_as(image) == 0], image[mask.expand_as(image) == 0])


def test_a_bar_shows_the_progress(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = image_and_hole(64, 64)
    trace = Trace()
    refine(MODEL, *pair, min_side=16, iterations=3, progress=True, on_step=trace)
    refine(MODEL, *pair, min_side=16, iterations=3, progress=True)
    assert "6/6" in capsys.readouterr().err
    assert len(trace.steps) == 6
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r"needs tqdm: pip install 'lamakit\[io\]'"):
        refine(MODEL, *pair, progress=True)


@pytest.mark.parametrize("stop_at", [(1, 0), (1, 2), (2, 1)])
def test_a_callback_that_returns_true_stops_it(stop_at: tuple[int, int]) -> None:
    image, mask = image_and_hole(64, 72)
    trace = Trace()

    def on_step(scale: int, iteration: int, losses: Tensor) -> bool:
        trace(scale, iteration, losses)
        return (scale, iteration) == stop_at

    result = refine(MODEL, image, mask, min_side=16, iterations=4, on_step=on_step)
    assert trace.steps == [(s, n) for s in (1, 2) for n in range(4) if (s, n) <= stop_at]
    # The same as fewer iterations at a smaller size, enlarged.
    scale, iteration = stop_at
    if scale == 1:
        small = build_pyramid(image, mask, min_side=16, max_scales=3)[1]
        expected = refine(MODEL, *small, min_side=16, iterations=iteration + 1)
        expected = composite(upsample(expected, (64, 72)), image, mask)
        torch.testing.assert_close(result, expected, rtol=0, atol=1e-5)
    assert torch.equal(result[mask.expand_as(image) == 0], image[mask.expand_as(image) == 0])


def test_a_model_that_does_not_say_its_sizes() -> None:
    """The smallest size fits by chance, and the next one does not."""

    class Silent(SmallUNet):
        size_multiple = property()

    model = Silent()
    split = model.encode, model.decode
    pair = image_and_hole(65, 65)
    with pytest.raises(
        ValueError, match=r"shape \(1, 4, 65, 65\): Sizes .*\nThe image was not pad"
    ):
        refine(model, *pair, split=split, min_side=32, iterations=2)
    result = refine(model, *pair, split=split, min_side=32, iterations=2, size_multiple=2)
    assert result.shape == (1, 3, 65, 65)
