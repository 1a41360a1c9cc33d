"""A coarse generator, and one that refines its prediction."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lamakit.generators import TwoStageGenerator, lama_fourier
from lamakit.images import composite, stack_inputs
from lamakit.images.resizing import downsample
from lamakit.inpainting import (
    SizedModel,
    inpaint,
    inpaint_crop,
    inpaint_multiscale,
    inpaint_tiled,
)
from lamakit.refinement import SplitModel, refine
from tests.helpers import rectangle_mask, seeded


def build() -> TwoStageGenerator:
    torch.manual_seed(0)
    parts = (lama_fourier(base_channels=4, num_blocks=1) for _ in range(2))
    return TwoStageGenerator(*parts, coarse_side=32).eval()


def test_it_does_what_the_paper_says() -> None:
    model = build()
    image = torch.rand(1, 3, 64, 64, generator=seeded())
    mask = rectangle_mask(64, 64, slice(20, 40), slice(20, 40))
    small = inpaint(model.coarse, *downsample(image, mask, (32, 32)))
    enlarged = nn.functional.interpolate(small, (64, 64), mode="bilinear")
    inputs = torch.cat([composite(enlarged, image, mask), mask], dim=1)
    x = stack_inputs(image, mask)
    assert torch.equal(model.fill_coarsely(x), inputs)
    assert torch.equal(model(x), model.refiner(inputs))


def test_the_copy_keeps_the_aspect() -> None:
    model, shapes = build(), []
    model.coarse.register_forward_pre_hook(lambda _, x: shapes.append(tuple(x[0].shape[2:])))
    for size in [(64, 160), (160, 64), (24, 40), (16, 16)]:
        model(torch.rand(1, 4, *size))
    assert shapes == [(32, 80), (80, 32), (24, 40), (16, 16)]


def test_it_is_a_sized_and_a_split_model() -> None:
    model = build()
    sized: SizedModel = model  # for the type checker
    split: SplitModel = model
    assert isinstance(sized, SizedModel)
    assert isinstance(split, SplitModel)
    x = torch.rand(1, 4, 64, 48)
    image = model.front(x)
    for part in model.rear:
        image = part(image)
    assert torch.equal(image, model(x))


def test_it_works_wherever_a_generator_does() -> None:
    model = build()
    image = torch.rand(1, 3, 75, 90, generator=seeded())
    mask = rectangle_mask(75, 90, slice(20, 50), slice(20, 60))
    for strategy in (inpaint, inpaint_tiled, inpaint_multiscale, inpaint_crop):
        assert strategy(model, image, mask).shape == image.shape
    losses: list[float] = []
    refine(
        model,
        image,
        mask,
        min_side=40,
        iterations=4,
        on_step=lambda _scale, _iteration, loss: losses.append(loss.item()),
    )
    assert losses[-1] < losses[0]


def test_parts_that_do_not_fit() -> None:
    grey, rgb = lama_fourier(2, 1, base_channels=4), lama_fourier(base_channels=4)
    with pytest.raises(ValueError, match="must take the same channels, got 2 and 4"):
        TwoStageGenerator(grey, rgb)
    with pytest.raises(ValueError, match=r"one channel more than it makes, .* got 4 and 1"):
        TwoStageGenerator(lama_fourier(4, 1, base_channels=4), rgb)
    with pytest.raises(ValueError, match="coarse_side must be at least 1"):
        TwoStageGenerator(rgb, rgb, coarse_side=0)


@pytest.mark.parametrize("method", ["forward", "front", "fill_coarsely"])
def test_wrong_channels(method: str) -> None:
    with pytest.raises(ValueError, match=r"x must have shape \(B, 4, H, W\), got \(1, 3, 64, 64\)"):
        getattr(build(), method)(torch.rand(1, 3, 64, 64))


def test_networks_that_say_nothing_of_themselves() -> None:
    convs = [nn.Sequential(nn.Conv2d(4, 3, 3, padding=1), nn.Sigmoid()) for _ in range(2)]
    model = TwoStageGenerator(*convs, coarse_side=16)
    image = torch.rand(1, 3, 31, 45, generator=seeded())
    mask = rectangle_mask(31, 45, slice(5, 20), slice(5, 30))
    result = inpaint(model, image, mask)
    result.sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())
    with pytest.raises(ValueError, match="no front and rear of its own"):
        refine(model, image, mask, min_side=16, iterations=1)


def test_one_that_does_not_say_its_channels_fits_the_other() -> None:
    grey = lama_fourier(2, 1, base_channels=4, num_blocks=1)
    model = TwoStageGenerator(nn.Conv2d(2, 1, 1), grey)
    assert (model.in_channels, model.out_channels, model.size_multiple) == (2, 1, 8)
    assert model(torch.rand(1, 2, 32, 40)).shape == (1, 1, 32, 40)
