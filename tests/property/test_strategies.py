"""Crops, copies and tiles: any size, known pixels untouched, and no more work than they say."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lamakit.generators import TwoStageGenerator, lama_fourier
from lamakit.images import blend, composite, stack_inputs
from lamakit.images.resizing import downsample, fit_pixels, fit_side
from lamakit.inpainting import inpaint, inpaint_crop, inpaint_multiscale, inpaint_tiled
from lamakit.refinement import refine

torch.manual_seed(0)
MODEL = lama_fourier(base_channels=4, num_blocks=1).eval()

Strategy = Callable[..., Tensor]
STRATEGIES: dict[str, Strategy] = {
    "crop": partial(inpaint_crop, margin=5, max_side=24),
    "multiscale": partial(inpaint_multiscale, max_side=20),
    "tiled": partial(inpaint_tiled, tile=16, overlap=5),
}


def random_pair(
    height: int,
    width: int,
    *,
    share: float = 0.02,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """Two random images with scattered missing pixels."""
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(2, 3, height, width, generator=generator).to(dtype)
    mask = (torch.rand(2, 1, height, width, generator=generator) < share).to(dtype)
    return image, mask


class Recorder:
    """A network of its own that fills with a constant and remembers the inputs it saw."""

    size_multiple, min_size = 4, 8

    def __init__(self, value: float = 0.5) -> None:
        self.value = value
        self.inputs: list[Tensor] = []

    def __call__(self, x: Tensor) -> Tensor:
        self.inputs.append(x)
        return torch.full_like(x[:, :-1], self.value)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [tuple(x.shape) for x in self.inputs]


@pytest.mark.parametrize("name", STRATEGIES)
@given(
    height=st.integers(1, 50),
    width=st.integers(1, 50),
    seed=st.integers(0, 99),
    share=st.sampled_from([0.0, 0.01, 0.3, 1.0]),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.float16, torch.bfloat16]),
)
def test_any_size_dtype_and_mask(
    name: str, *, height: int, width: int, seed: int, share: float, dtype: torch.dtype
) -> None:
    image, mask = random_pair(height, width, share=share, seed=seed, dtype=dtype)
    poisoned = torch.where(mask > 0, torch.nan, image)  # what lies under the hole is not looked at
    with torch.inference_mode():
        result = STRATEGIES[name](MODEL, poisoned, mask)
    assert result.shape == image.shape
    assert result.dtype == dtype
    assert result.isfinite().all()
    known = (mask == 0).expand_as(image)
    assert torch.equal(result[known], image[known])


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_missing_pixel_is_filled(name: str) -> None:
    image, mask = random_pair(61, 45)
    result = STRATEGIES[name](Recorder(7.0), image, mask)
    missing = (mask > 0).expand_as(image)
    assert ((result[missing] - 7).abs() < 1e-5).all()


@pytest.mark.parametrize("name", STRATEGIES)
def test_small_images_get_one_plain_pass(name: str) -> None:
    image, mask = random_pair(14, 13, share=0.3)
    result = STRATEGIES[name](MODEL, image, mask)
    torch.testing.assert_close(result, inpaint(MODEL, image, mask), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", STRATEGIES)
def test_gradients_flow(name: str) -> None:
    model = lama_fourier(base_channels=4, num_blocks=1).eval()
    STRATEGIES[name](model, *random_pair(40, 40)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def boxes(size: tuple[int, int], *holes: tuple[int, int, int, int]) -> tuple[Tensor, Tensor]:
    """An image with boxes (top, left, bottom, right) missing."""
    image = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(1, 1, *size)
    for top, left, bottom, right in holes:
        mask[..., top:bottom, left:right] = 1
    return image, mask


def test_crops_of_one_size_go_together() -> None:
    model = Recorder()
    holes = [(10, 10 + 40 * n, 14, 14 + 40 * n) for n in range(5)]
    inpaint_crop(model, *boxes((40, 240), *holes, (30, 200, 40, 240)), margin=6, batch_size=2)
    assert model.shapes == [(2, 4, 16, 16), (2, 4, 16, 16), (1, 4, 16, 16), (1, 4, 16, 48)]


def test_crops_that_touch_become_one() -> None:
    model = Recorder()
    pair = boxes((60, 60), (10, 10, 12, 12), (22, 22, 24, 24))  # 10 pixels apart, corner to corner
    inpaint_crop(model, *pair, margin=5)
    inpaint_crop(model, *pair, margin=4)
    assert model.shapes == [(1, 4, 24, 24), (2, 4, 12, 12)]


def test_merging_goes_on_until_none_touch() -> None:
    model = Recorder()
    # The first two crops' common one reaches the third, which neither of them does.
    pair = boxes((80, 80), (10, 10, 12, 50), (14, 60, 50, 62), (40, 20, 42, 22))
    inpaint_crop(model, *pair, margin=5)
    assert model.shapes == [(1, 4, 52, 64)]


def test_a_crop_sees_nothing_else() -> None:
    image, mask = boxes((80, 120), (20, 20, 30, 30))
    elsewhere = image.clone()
    elsewhere[..., 60:] = 0
    results = [
        inpaint_crop(MODEL, pixels, mask, margin=16)[..., :60] for pixels in (image, elsewhere)
    ]
    assert torch.equal(*results)
    whole = [inpaint(MODEL, pixels, mask)[..., :60] for pixels in (image, elsewhere)]
    assert not torch.equal(*whole)


def test_a_crop_is_filled_as_an_image_of_its_own() -> None:
    image, mask = boxes((80, 120), (20, 20, 35, 30))
    result = inpaint_crop(MODEL, image, mask, margin=9)
    window = (..., slice(11, 44), slice(11, 39))
    expected = inpaint(MODEL, image[window], mask[window])
    torch.testing.assert_close(result[window], expected, rtol=0, atol=1e-6)


def test_large_crops_are_filled_at_a_smaller_size() -> None:
    model = Recorder()
    image, mask = boxes((100, 150), (20, 20, 70, 120))
    result = inpaint_crop(model, image, mask, margin=10, max_side=48)
    assert model.shapes == [(1, 4, 28, 48)]
    # Not even at the rim do known pixels bleed into the filling.
    assert ((result[mask.expand_as(image) > 0] - 0.5).abs() < 1e-6).all()


def test_crops_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match=r"needs scipy: pip install 'lamakit\[crop\]'"):
        inpaint_crop(MODEL, *random_pair(20, 20))


@given(height=st.integers(1, 20), width=st.integers(1, 20), feather=st.integers(0, 5))
def test_feathering_stays_inside_the_hole(height: int, width: int, feather: int) -> None:
    image, mask = random_pair(height, width, share=0.8)
    result = blend(image + 1, image, mask, feather=feather)
    alpha = (result - image)[:, :1]
    assert torch.equal(alpha[mask == 0], torch.zeros(int((mask == 0).sum())))
    known = (mask == 0).nonzero()
    for number, _, row, column in mask.nonzero().tolist():
        near = known[known[:, 0] == number][:, 2:] - torch.tensor([row, column])
        depth = int(near.abs().amax(1).min()) if len(near) else feather + 1
        expected = min(depth, feather + 1) / (feather + 1)
        assert float(alpha[number, 0, row, column]) == pytest.approx(expected, abs=1e-6)


def test_crops_can_be_feathered() -> None:
    image, mask = boxes((60, 60), (20, 20, 40, 40))
    plain = inpaint_crop(MODEL, image, mask, margin=8)
    expected = blend(plain, image, mask, feather=4)
    assert torch.equal(inpaint_crop(MODEL, image, mask, margin=8, feather=4), expected)
    assert not torch.equal(plain, expected)


def test_the_copy_is_as_large_as_asked_for() -> None:
    model = Recorder()
    inpaint_multiscale(model, *random_pair(200, 300), max_side=60)
    assert model.shapes == [(2, 4, 40, 60)]


def test_only_tiles_with_holes_are_run() -> None:
    model = Recorder()
    image, mask = boxes((100, 100), (10, 10, 20, 20))
    inpaint_tiled(model, image, mask, tile=40, overlap=10)
    assert model.shapes == [(1, 4, 40, 40)]
    inpaint_tiled(model, image, torch.zeros_like(mask), tile=40, overlap=10)
    assert len(model.shapes) == 1


@given(
    side=st.integers(1, 60),
    tile=st.integers(2, 30),
    share=st.floats(0, 0.9),
    seed=st.integers(0, 9),
)
def test_tiles_average_what_they_agree_on(side: int, tile: int, share: float, seed: int) -> None:
    overlap = int(share * tile)

    def model(x: Tensor) -> Tensor:
        return x[:, :3] + 2  # depends on the place alone

    image, mask = random_pair(side, 40, share=0.3, seed=seed)
    result = inpaint_tiled(model, image, mask, tile=tile, overlap=min(overlap, tile - 1))
    torch.testing.assert_close(result, inpaint(model, image, mask), rtol=0, atol=1e-5)


def test_neighbouring_tiles_fade_into_each_other() -> None:
    values = iter([0.0, 1.0])

    def model(x: Tensor) -> Tensor:
        return torch.full_like(x[:, :3], next(values))

    image, mask = boxes((20, 50), (9, 0, 11, 50))
    row = inpaint_tiled(model, image, mask, tile=30, overlap=10)[0, 0, 10]
    assert (row[:20] == 0).all()
    assert (row[30:] == 1).all()
    assert (row[19:31].diff() > 0).all()
    assert (row[19:31].diff() < 0.1).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_tiles_travel_to_the_model() -> None:
    image, mask = random_pair(60, 60)
    model = lama_fourier(base_channels=4, num_blocks=1).eval()
    expected = inpaint_tiled(model, image, mask, tile=32, overlap=8)
    result = inpaint_tiled(model.cuda(), image, mask, tile=32, overlap=8)
    assert result.device == image.device
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("strategy", "arguments", "message"),
    [
        (inpaint_crop, {"margin": -1}, "margin must be at least 0, got -1"),
        (inpaint_crop, {"max_side": 0}, "max_side must be at least 1"),
        (inpaint_crop, {"batch_size": 0}, "batch_size must be at least 1"),
        (inpaint_crop, {"feather": -1}, "feather must be at least 0"),
        (inpaint_multiscale, {"max_side": 0}, "max_side must be at least 1"),
        (inpaint_tiled, {"tile": 0}, "tile must be at least 1"),
        (inpaint_tiled, {"overlap": -1}, "overlap must be at least 0"),
        (inpaint_tiled, {"tile": 8, "overlap": 8}, "overlap must be below tile=8, got 8"),
    ],
)
def test_bad_arguments(strategy: Strategy, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        strategy(MODEL, *random_pair(8, 8), **arguments)


@given(height=st.integers(1, 999), width=st.integers(1, 999), limit=st.integers(1, 2000))
def test_fitting_sizes(height: int, width: int, limit: int) -> None:
    assert max(fit_side((height, width), limit)) == min(limit, max(height, width))
    fitted = fit_pixels((height, width), limit)
    assert fitted[0] * fitted[1] <= max(limit, *fitted)  # a side is at least one pixel
    if height * width <= limit:
        assert fitted == (height, width)


@given(height=st.integers(1, 40), width=st.integers(1, 40), to=st.tuples(*[st.integers(1, 40)] * 2))
def test_nothing_of_the_hole_leaks_into_a_copy(
    height: int, width: int, to: tuple[int, int]
) -> None:
    image, mask = random_pair(height, width, share=0.1)
    copies = [downsample(torch.where(mask > 0, value, image), mask, to) for value in (0.0, 9.0)]
    assert torch.equal(copies[0][0], copies[1][0])
    small, missing = copies[0]
    assert set(missing.unique().tolist()) <= {0, 1}
    full, _ = downsample(torch.where(mask > 0, 2.0, image * 0 + 1), torch.zeros_like(mask), to)
    known = (missing == 0).expand_as(full)
    torch.testing.assert_close(full[known], torch.ones(int(known.sum())))
    assert (small[(missing > 0).expand_as(small)] == 0).all()


class TestTwoStages:
    def build(self) -> TwoStageGenerator:
        torch.manual_seed(0)
        parts = (lama_fourier(base_channels=4, num_blocks=1) for _ in range(2))
        return TwoStageGenerator(*parts, coarse_side=32).eval()

    def test_it_does_what_the_paper_says(self) -> None:
        model = self.build()
        image, mask = boxes((64, 64), (20, 20, 40, 40))
        small = inpaint(model.coarse, *downsample(image, mask, (32, 32)))
        enlarged = nn.functional.interpolate(small, (64, 64), mode="bilinear")
        inputs = torch.cat([composite(enlarged, image, mask), mask], dim=1)
        assert torch.equal(model(stack_inputs(image, mask)), model.refiner(inputs))

    def test_the_copy_keeps_the_aspect(self) -> None:
        model, shapes = self.build(), []
        model.coarse.register_forward_pre_hook(lambda _, x: shapes.append(tuple(x[0].shape[2:])))
        for size in [(64, 160), (160, 64), (24, 40), (16, 16)]:
            model(torch.rand(1, 4, *size))
        assert shapes == [(32, 80), (80, 32), (24, 40), (16, 16)]

    def test_it_stands_where_a_generator_stands(self) -> None:
        model = self.build()
        image, mask = boxes((75, 90), (20, 20, 50, 60))
        for strategy in (inpaint, inpaint_tiled, inpaint_multiscale, inpaint_crop):
            assert strategy(model, image, mask).shape == image.shape
        losses: list[float] = []
        refine(
            model,
            image,
            mask,
            min_side=40,
            iterations=4,
            checkpoint=True,
            on_step=lambda _scale, _iteration, loss: losses.append(loss.item()),
        )
        assert losses[-1] < losses[0]

    def test_parts_that_do_not_fit(self) -> None:
        grey, rgb = lama_fourier(2, 1, base_channels=4), lama_fourier(base_channels=4)
        with pytest.raises(ValueError, match="must take the same channels, got 2 and 4"):
            TwoStageGenerator(grey, rgb)
        with pytest.raises(ValueError, match=r"one channel more than it makes, .* got 4 and 1"):
            TwoStageGenerator(lama_fourier(4, 1, base_channels=4), rgb)
        with pytest.raises(ValueError, match="coarse_side must be at least 1"):
            TwoStageGenerator(rgb, rgb, coarse_side=0)


def test_the_overlap_follows_the_tile() -> None:
    image, mask = random_pair(20, 36)
    for tile, overlap in ((7, 1), (16, 4), (64, 16)):
        expected = inpaint_tiled(MODEL, image, mask, tile=tile, overlap=overlap)
        assert torch.equal(inpaint_tiled(MODEL, image, mask, tile=tile), expected)
