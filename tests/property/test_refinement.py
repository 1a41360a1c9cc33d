"""Refinement works for any size, network and device, and leaves everything as it was."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from lamakit.generators import lama_fourier, lama_regular
from lamakit.inpainting import inpaint
from lamakit.refinement import refine
from lamakit.refinement.pyramid import build_pyramid, halve, inner_hole
from lamakit.refinement.split_network import Features, spread

torch.manual_seed(0)
MODEL = lama_fourier(base_channels=4, num_blocks=2).eval()


def image_and_hole(
    height: int, width: int, *, batch: int = 1, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Random images, each with a box missing that covers about a quarter of it."""
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(batch, 3, height, width, generator=generator).to(dtype)
    mask = torch.zeros(batch, 1, height, width, dtype=dtype)
    for number in range(batch):
        top, left = (number + 1) * height // 8, (number + 1) * width // 10
        mask[number, :, top : top + height // 2 + 1, left : left + width // 2 + 1] = 1
    return image, mask


class Trace:
    """What ``on_step`` was told."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []
        self.losses: list[Tensor] = []

    def __call__(self, scale: int, iteration: int, losses: Tensor) -> None:
        self.steps.append((scale, iteration))
        self.losses.append(losses)

    def of(self, scale: int) -> Tensor:
        return torch.stack(
            [x for x, step in zip(self.losses, self.steps, strict=True) if step[0] == scale]
        )


class SmallUNet(nn.Module):
    """A network that is not lamakit's: a skip connection, activations in place, two features."""

    size_multiple = 2

    def __init__(self, pack: Callable[[Any], Features] = tuple) -> None:
        super().__init__()
        self.pack = pack
        self.start = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6))
        self.down = nn.Conv2d(6, 8, 4, stride=2, padding=1)
        self.up = nn.Sequential(nn.ReLU(inplace=True), nn.ConvTranspose2d(8, 6, 2, stride=2))
        self.end = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(12, 3, 3, padding=1))

    def encode(self, x: Tensor) -> Features:
        skip = self.start(x)
        return self.pack([self.down(skip), skip])

    def decode(self, features: Features) -> Tensor:
        deep, skip = features
        return torch.sigmoid(self.end(torch.cat([self.up(deep), skip], dim=1)))

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


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
    image, mask = image_and_hole(700, 701)
    trace = Trace()
    result = refine(MODEL, image, mask, min_side=175, iterations=2, on_step=trace)
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
    image, mask = image_and_hole(72, 90, batch=3, dtype=torch.float64)

    def run(part: slice, trace: Trace, tolerance: float | None) -> Tensor:
        pair = image[part], mask[part]
        return refine(model, *pair, min_side=20, iterations=6, tolerance=tolerance, on_step=trace)

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
    assert lengths == {12}
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


def snapshot(model: nn.Module) -> dict[str, Any]:
    return {
        "tensors": {k: v.clone() for k, v in model.state_dict().items()},
        "modes": [module.training for module in model.modules()],
        "flags": [p.requires_grad for p in model.parameters()],
        "gradients": [p.grad for p in model.parameters()],
        "devices": [p.device for p in model.parameters()],
    }


def assert_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    for name, tensor in before.pop("tensors").items():
        assert torch.equal(tensor, after["tensors"][name]), name
    after.pop("tensors")
    assert before == after


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("training", [False, True])
def test_the_model_is_left_alone(error: type[BaseException] | None, training: bool) -> None:
    model = lama_fourier(base_channels=4, num_blocks=2).train(training)
    model.bottleneck[0].train(not training)  # modes may be mixed
    for parameter in list(model.parameters())[::3]:
        parameter.requires_grad = False
    before = snapshot(model)

    def stop(_scale: int, iteration: int, _losses: Tensor) -> None:
        if error is not None and iteration == 1:
            raise error

    image, mask = image_and_hole(64, 64)
    if error is None:
        result = refine(model, image, mask, min_side=32, iterations=3)
        expected = refine(model.eval(), image, mask, min_side=32, iterations=3)
        assert torch.equal(result, expected)
        model.train(training)
        model.bottleneck[0].train(not training)
    else:
        with pytest.raises(error):
            refine(model, image, mask, min_side=32, iterations=3, on_step=stop)
    assert_same(before, snapshot(model))
    assert torch.is_grad_enabled()
    assert not torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize(
    "context",
    [
        torch.inference_mode,
        torch.no_grad,
        torch.enable_grad,
        lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    ],
)
def test_modes_around_the_call_have_no_effect(context: Callable[[], Any]) -> None:
    image, mask = image_and_hole(64, 64)
    expected = refine(MODEL, image, mask, min_side=32, iterations=3)
    with context():
        result = refine(MODEL, image.clone(), mask.clone(), min_side=32, iterations=3)
    assert torch.equal(result, expected)
    assert not result.requires_grad
    assert not refine(MODEL, image.requires_grad_(), mask, min_side=32).requires_grad


def test_two_threads_share_a_model() -> None:
    pairs = [image_and_hole(64, 64), image_and_hole(70, 50)]

    def run(pair: tuple[Tensor, Tensor]) -> Tensor:
        return refine(MODEL, *pair, min_side=25, iterations=4)

    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(run, pairs))
    for result, pair in zip(together, pairs, strict=True):
        assert torch.equal(result, run(pair))


@pytest.mark.parametrize("pack", [tuple, list])
@pytest.mark.parametrize("checkpoint", [False, True])
def test_a_network_that_is_not_ours(pack: Callable[[Any], Features], checkpoint: bool) -> None:
    torch.manual_seed(0)
    model = SmallUNet(pack).train()
    image, mask = image_and_hole(61, 90)
    trace = Trace()
    before = snapshot(model)
    result = refine(
        model,
        image,
        mask,
        front=model.encode,
        rear=model.decode,
        min_side=20,
        iterations=4,
        checkpoint=checkpoint,
        on_step=trace,
    )
    assert_same(before, snapshot(model))
    assert result.shape == image.shape
    for scale in (1, 2):
        assert (trace.of(scale).diff(dim=0) < 0).all()


def test_both_features_are_optimised() -> None:
    model = SmallUNet().eval()
    seen: list[Features] = []

    def decode(features: Features) -> Tensor:
        seen.append(tuple(tensor.detach().clone() for tensor in features))
        return model.decode(features)

    refine(
        model, *image_and_hole(32, 32), front=model.encode, rear=[decode], min_side=16, iterations=3
    )
    first, second, third = seen
    for steps in zip(first, second, third, strict=True):
        assert not torch.equal(steps[0], steps[1])
        assert not torch.equal(steps[1], steps[2])


def test_a_feature_that_nothing_depends_on() -> None:
    def front(x: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, :3].contiguous(), x[:, 3:]

    def rear(features: tuple[Tensor, Tensor]) -> Tensor:
        return features[0].sigmoid()

    image, mask = image_and_hole(32, 32)
    result = refine(lambda x: rear(front(x)), image, mask, front=front, rear=rear, min_side=16)
    assert result.isfinite().all()


@pytest.mark.parametrize("model", [MODEL, lama_regular(base_channels=4, num_blocks=2).eval()])
def test_checkpointing_changes_nothing(model: nn.Module) -> None:
    image, mask = image_and_hole(64, 80)
    plain, thrifty = (
        refine(model, image, mask, min_side=32, iterations=4, checkpoint=checkpoint)
        for checkpoint in (False, True)
    )
    torch.testing.assert_close(plain, thrifty, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_is_for_the_network_alone(dtype: torch.dtype) -> None:
    seen, trace = [], Trace()
    handle = MODEL.bottleneck[0].register_forward_hook(lambda *call: seen.append(call[2].dtype))
    result = refine(
        MODEL, *image_and_hole(64, 64), min_side=32, autocast_dtype=dtype, on_step=trace
    )
    handle.remove()
    assert set(seen) == {dtype}
    assert trace.losses[0].dtype == result.dtype == torch.float32


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


def test_rears_on_two_devices() -> None:
    image, mask = image_and_hole(64, 64)
    result = refine(MODEL, image, mask, min_side=32, iterations=3, devices=["cpu", "cpu"])
    assert torch.equal(result, refine(MODEL, image, mask, min_side=32, iterations=3))


def test_pieces_are_spread_evenly_and_copied_where_they_move() -> None:
    model = lama_fourier(base_channels=4, num_blocks=3)
    placed = spread(model.rear, ["cpu", torch.device("meta")])
    assert [device.type for _, device in placed] == ["cpu"] * 4 + ["meta"] * 3
    for (piece, device), own in zip(placed, model.rear, strict=True):
        assert isinstance(piece, nn.Module)
        assert (piece is own) == (device.type == "cpu")
        assert {p.device.type for p in piece.parameters()} == {device.type}
        assert {p.device.type for p in own.parameters()} == {"cpu"}


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_rears_on_two_gpus() -> None:
    model = copy.deepcopy(MODEL).cuda()
    image, mask = (tensor.cuda() for tensor in image_and_hole(64, 64))
    devices = ["cuda:0", "cuda:1"]
    result = refine(model, image, mask, min_side=32, iterations=3, devices=devices)
    assert result.device == image.device
    expected = refine(model, image, mask, min_side=32, iterations=3)
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("autocast_dtype", [None, torch.bfloat16, torch.float16])
def test_on_a_gpu(autocast_dtype: torch.dtype | None) -> None:
    pair = image_and_hole(128, 128)
    expected = refine(MODEL, *pair, min_side=64, iterations=4)
    result = refine(
        copy.deepcopy(MODEL).cuda(),
        *(tensor.cuda() for tensor in pair),
        min_side=64,
        iterations=4,
        checkpoint=True,
        autocast_dtype=autocast_dtype,
    )
    torch.testing.assert_close(result.cpu(), expected, rtol=0, atol=0.03)


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
    with pytest.raises(ImportError, match=r"needs tqdm: pip install 'lamakit\[progress\]'"):
        refine(MODEL, *pair, progress=True)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"iterations": -1}, ValueError, "iterations must be at least 0, got -1"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be above 0 and finite, got 0"),
        ({"learning_rate": "1"}, TypeError, "learning_rate must be a number, got '1'"),
        ({"min_side": 1}, ValueError, "min_side must be at least 2"),
        ({"max_scales": 0}, ValueError, "max_scales must be at least 1"),
        ({"erosion": 4}, ValueError, "erosion must be odd, .* got 4"),
        ({"max_pixels": 0}, ValueError, "max_pixels must be at least 1"),
        ({"tolerance": 2}, ValueError, "tolerance must lie between 0 and 1, got 2"),
        ({"autocast_dtype": torch.float64}, ValueError, r"or None, got torch\.float64"),
        ({"front": nn.Identity()}, ValueError, "front and rear belong together"),
        ({"front": nn.Identity(), "rear": []}, ValueError, "at least one piece, got none"),
        ({"devices": []}, ValueError, "at least one device, got none"),
        (
            {"front": nn.Identity(), "rear": [lambda x: x], "devices": ["cpu"]},
            TypeError,
            "needs a rear of modules, .* piece 0 is a function",
        ),
        (
            {"front": lambda _: {}, "rear": nn.Identity()},
            TypeError,
            r"a tuple or list of them, got {}",
        ),
        ({"front": lambda _: (), "rear": nn.Identity()}, TypeError, r"of them, got \(\)"),
        (
            {"front": nn.Identity(), "rear": lambda x: (x,)},
            TypeError,
            r"the rear's output must be a torch\.Tensor, got tuple",
        ),
        (
            {"front": nn.Identity(), "rear": lambda x: x[:, :3, 1:]},
            ValueError,
            r"height and width, \(32, 32\), got \(31, 32\)",
        ),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        refine(MODEL, *image_and_hole(32, 32), **{"min_side": 16, **arguments})


def test_models_without_front_and_rear() -> None:
    with pytest.raises(ValueError, match="SmallUNet has no front and rear of its own: give both"):
        refine(SmallUNet(), *image_and_hole(32, 32))


@given(height=st.integers(3, 90), width=st.integers(3, 90), min_side=st.integers(2, 40))
@settings(max_examples=30)
def test_pyramids_halve_and_holes_only_grow(height: int, width: int, min_side: int) -> None:
    image, _ = image_and_hole(height, width)
    hole = torch.zeros(1, 1, height, width)
    hole[..., height // 2, width // 2] = 1
    levels = build_pyramid(image, hole, min_side=min_side, max_scales=3)
    assert 1 <= len(levels) <= 3
    for coarse, fine in pairwise(levels):
        assert coarse.image.shape[2] == fine.image.shape[2] // 2
        assert coarse.image.shape[3] == fine.image.shape[3] // 2
        # Wherever a missing pixel has part in a coarser one, that is missing too.
        touched = (
            halve(torch.where(fine.mask > 0, torch.nan, fine.image)).isnan().any(1, keepdim=True)
        )
        assert (coarse.mask[touched] == 1).all()
        assert torch.equal(coarse.image * coarse.mask, torch.zeros_like(coarse.image))


def test_erosion_by_a_disc() -> None:
    mask = torch.ones(1, 1, 90, 90)
    mask[..., 40:42, 50:52] = 0  # one known pixel at half the size, at (20, 25)
    near = 1 - inner_hole(mask, 15)
    widths = [2 * round((49 - dy**2) ** 0.5) + 1 for dy in range(-7, 8)]
    assert near[0, 0, 12:29].sum(dim=1).tolist() == [0, *widths, 0]
    assert near.sum() == sum(widths)
    assert (1 - inner_hole(mask, 1)).nonzero().tolist() == [[0, 0, 20, 25]]
    assert (inner_hole(torch.ones(1, 1, 40, 40), 15) == 1).all()  # the border is not its rim


def test_half_precision_survives_a_tiny_inner_hole() -> None:
    image, mask = torch.rand(1, 3, 256, 256), torch.zeros(1, 1, 256, 256)
    mask[..., 100:130, 100:130] = 1  # what erosion leaves of it at half the size is a pixel
    result = refine(
        lambda x: x[:, :3],
        image,
        mask,
        front=lambda x: x[:, :3].half(),
        rear=lambda z: (4 * z).sigmoid(),
        min_side=128,
        iterations=4,
    )
    assert result.isfinite().all()


def test_tiny_sides_are_halved_no_further_than_the_blur_reaches() -> None:
    result = refine(
        lambda x: x[:, :3],
        torch.rand(1, 3, 23, 23),
        torch.ones(1, 1, 23, 23),
        front=lambda x: x[:, :3],
        rear=lambda z: z,
        min_side=2,
        max_scales=6,
        iterations=2,
    )
    assert result.shape == (1, 3, 23, 23)


def test_methods_of_a_module_work_in_eval_mode() -> None:
    class Parts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm2d(4)

        def encode(self, x: Tensor) -> Tensor:
            features: Tensor = self.norm(x)
            return features

        def decode(self, z: Tensor) -> Tensor:
            return z[:, :3].sigmoid()

    parts = Parts()
    image, mask = torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
    refine(lambda x: x[:, :3], image, mask, front=parts.encode, rear=parts.decode, min_side=32)
    assert parts.norm.num_batches_tracked == 0
    assert parts.norm.training


def test_a_float64_image_with_a_float32_network() -> None:
    image, mask = torch.rand(1, 3, 70, 66, dtype=torch.float64), torch.zeros(1, 1, 70, 66).double()
    mask[..., 20:50, 20:50] = 1
    exact = refine(MODEL, image, mask, min_side=32, iterations=3)
    assert exact.dtype == torch.float64
    rounded = refine(MODEL, image.float(), mask.float(), min_side=32, iterations=3)
    torch.testing.assert_close(exact.float(), rounded, rtol=0, atol=1e-4)
    assert torch.equal(exact[mask.expand_as(image) == 0], image[mask.expand_as(image) == 0])
