"""Fitting to one image: what is learned, from what, and what stays as it was."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from lamakit.generators import lama_fourier
from lamakit.inpainting import inpaint
from lamakit.masks import Boxes, CentreBox
from lamakit.metrics import l1
from lamakit.training import fit_to_image
from tests.helpers import assert_same_tensors, rectangle_mask, seeded, state_of


def network(channels: int = 3, width: int = 8) -> nn.Sequential:
    """Return a small network of convolutions, which takes any size, the same in every call."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels + 1, width, 5, padding=2),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, channels, 5, padding=2),
    )


def normalisation(model: nn.Module) -> nn.BatchNorm2d:
    return next(module for module in model.modules() if isinstance(module, nn.BatchNorm2d))


def with_statistics(model: nn.Module) -> nn.Module:
    """Return a network whose normalisation has collected statistics."""
    model.train()
    model(torch.rand(4, 4, 16, 16, generator=seeded(3)))
    return model


def photo(height: int = 24, width: int = 20, channels: int = 3) -> tuple[Tensor, Tensor]:
    """Return a random image and a mask with a hole in its middle."""
    image = torch.rand(1, channels, height, width, generator=seeded(1))
    return image, rectangle_mask(height, width, slice(8, 14), slice(6, 12))


def fit(model: nn.Module, image: Tensor, mask: Tensor, **settings: Any) -> nn.Module:
    chosen: dict[str, Any] = {"steps": 4, "generator": seeded()} | settings
    return fit_to_image(model, image, mask, **chosen)


def test_the_given_network_is_not_changed() -> None:
    model = network()
    before = state_of(model)
    fitted = fit(model, *photo())
    assert_same_tensors(state_of(model), before)
    assert all(module.training for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module.training for module in fitted.modules())
    assert all(parameter.grad is None for parameter in fitted.parameters())
    for mine, given in zip(fitted.parameters(), model.parameters(), strict=True):
        assert mine.requires_grad
        assert not torch.equal(mine, given)


def test_steps_and_generator_fix_the_result() -> None:
    results = [state_of(fit(network(), *photo(), generator=seeded(seed))) for seed in (0, 0, 1)]
    assert_same_tensors(results[0], results[1])
    assert not torch.equal(results[0]["0.weight"], results[2]["0.weight"])


def test_the_loss_falls() -> None:
    losses: list[float] = []
    image, mask = torch.full((1, 3, 24, 20), 0.8), photo()[1]
    fit(
        network(),
        image,
        mask,
        steps=30,
        learning_rate=0.01,
        on_step=lambda _, loss: losses.append(loss),
    )
    assert len(losses) == 30
    assert max(losses[-5:]) < 0.5 * losses[0]


def test_a_texture_is_continued_into_the_hole() -> None:
    stripes = (torch.arange(32) // 2 % 2).float().expand(1, 1, 32, 32)
    mask = rectangle_mask(32, 32, slice(13, 18), slice(13, 18))
    model = network(channels=1, width=16)
    boxes = Boxes(min_times=4, max_times=4, min_size=6, max_size=6)
    fitted = fit(model, stripes, mask, steps=60, learning_rate=0.01, masks=boxes)
    with torch.inference_mode():
        errors = [float(l1(inpaint(m, stripes, mask), stripes, mask)) for m in (model, fitted)]
    assert errors[0] > 0.4
    assert errors[1] < 0.2


@pytest.mark.parametrize("hidden", [float("nan"), float("inf"), 7.0])
def test_what_is_under_the_mask_does_not_count(hidden: float) -> None:
    image, mask = photo()
    other = image.masked_fill(mask > 0, hidden)
    expected, found = (state_of(fit(network(), x, mask)) for x in (image, other))
    assert_same_tensors(found, expected)


class Constant(nn.Module):
    """A model that fills every pixel with one value, and records what it is given."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))
        self.inputs: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.inputs.append(x)
        return self.value.expand_as(x[:, :3])


def inputs_of(fitted: nn.Module) -> list[Tensor]:
    assert isinstance(fitted, Constant)
    return fitted.inputs


def test_only_known_pixels_under_the_further_holes_count() -> None:
    """A network that is right there has nothing to learn, wherever else it may be wrong."""
    losses: list[float] = []
    image, mask = torch.ones(1, 3, 16, 16), rectangle_mask(16, 16, slice(0, 6), slice(0, 16))
    box = CentreBox(area=0.25)  # rows and columns 4 to 11
    image[..., 6:12, 4:12] = 0.25  # and rows 4 and 5 are missing
    fitted = fit(
        Constant(0.25), image, mask, masks=box, on_step=lambda _, loss: losses.append(loss)
    )
    assert losses == [0.0] * 4
    expected = torch.maximum(mask, box((16, 16)))
    for x in inputs_of(fitted):
        assert torch.equal(x[:, 3:], expected.expand(4, 1, 16, 16))
        assert torch.equal(x[:, :3], (image * (1 - expected)).expand(4, 3, 16, 16))


def test_further_holes_are_copies_of_the_own_one_half_of_the_time() -> None:
    own = rectangle_mask(40, 40, slice(10, 15), slice(16, 24))
    fitted = fit(Constant(0.5), torch.rand(1, 3, 40, 40), own, steps=25)
    further = torch.cat(inputs_of(fitted))[:, 3:] - own
    rows, columns = ((further.sum(axis) > 0).sum((1, 2)) for axis in (3, 2))
    copies = (rows == 5) & (columns == 8)  # others lie partly on the hole itself, or are strokes
    assert 0.2 < float(copies.float().mean()) < 0.6


@pytest.mark.parametrize(("crop_size", "count"), [(None, 1), (200, 1), (150, 2), (40, 4)])
def test_small_crops_come_in_larger_numbers(crop_size: int | None, count: int) -> None:
    image, mask = photo(300, 280)
    side = crop_size or 256
    for x in inputs_of(fit(Constant(0.5), image, mask, crop_size=crop_size, steps=2)):
        assert x.shape == (count, 4, side, side)


def test_every_crop_has_a_known_pixel() -> None:
    image, mask = torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
    mask[..., 60, 5] = 0
    nothing = Boxes(min_times=0, max_times=1, min_size=1, max_size=1, margin=7)
    fitted = fit(Constant(0.5), image, mask, crop_size=16, masks=nothing)
    for x in inputs_of(fitted):
        assert bool((x[:, 3:].amin((1, 2, 3)) == 0).all())


def test_statistics_of_a_trained_network_are_kept() -> None:
    model = with_statistics(network())
    fitted = fit(model, *photo())
    before, after = normalisation(model), normalisation(fitted)
    assert_same_tensors(dict(after.named_buffers()), dict(before.named_buffers()))
    assert not torch.equal(after.weight, before.weight)


def test_a_new_network_collects_statistics() -> None:
    tracked = normalisation(fit(network(), *photo())).num_batches_tracked
    assert tracked is not None
    assert int(tracked) == 4


def test_frozen_parameters_stay() -> None:
    model = network()
    model[0].requires_grad_(requires_grad=False)
    fitted = fit(model, *photo())
    assert torch.equal(fitted.get_parameter("0.weight"), model.get_parameter("0.weight"))
    assert not fitted.get_parameter("0.weight").requires_grad
    assert not torch.equal(fitted.get_parameter("3.weight"), model.get_parameter("3.weight"))


def test_on_step_ends_the_fitting() -> None:
    seen: list[int] = []

    def stop(step: int, loss: float) -> bool:
        assert loss > 0
        seen.append(step)
        return step == 2

    fit(network(), *photo(), steps=9, on_step=stop)
    assert seen == [0, 1, 2]


def test_seconds_limit_the_fitting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(100.0, 0.5)
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    seen: list[int] = []
    model = network()
    fitted = fit_to_image(
        model, *photo(), seconds=3.0, on_step=lambda step, _: seen.append(step), generator=seeded()
    )
    assert seen == [0, 1, 2, 3, 4]
    assert not torch.equal(fitted.get_parameter("0.weight"), model.get_parameter("0.weight"))


@pytest.mark.parametrize(
    "wrap", [AveragedModel, nn.DataParallel, lambda model: torch.compile(model, backend="eager")]
)
def test_the_copy_is_of_what_wrappers_hold(wrap: Callable[[nn.Module], nn.Module]) -> None:
    expected = fit(network(), *photo())
    found = fit(wrap(network()), *photo())
    assert type(found) is nn.Sequential
    assert_same_tensors(state_of(found), state_of(expected))


@pytest.mark.parametrize("size", [(37, 50), (5, 70), (1, 1)])
@pytest.mark.parametrize("crop_size", [None, 19])
def test_any_size_of_image_and_crops(size: tuple[int, int], crop_size: int | None) -> None:
    image, mask = torch.rand(1, 3, *size, generator=seeded(1)), torch.zeros(1, 1, *size)
    mask[..., 2:4, 1:9] = 1
    torch.manual_seed(0)
    model = lama_fourier(base_channels=4, num_blocks=1, num_downsamplings=2)
    fitted = fit(model, image, mask, steps=1, crop_size=crop_size)
    with torch.no_grad():
        assert inpaint(fitted, image, mask).shape == image.shape


def test_gradients_and_autocast_around_the_call_do_not_matter() -> None:
    expected = fit(network(), *photo())
    with torch.inference_mode():
        found = [fit(network(), *photo())]
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        found.append(fit(network(), *photo()))
    for model in found:
        assert_same_tensors(state_of(model), state_of(expected))


def test_a_mask_without_missing_pixels() -> None:
    model, (image, mask) = network(), photo()
    fitted = fit(model, image, torch.zeros_like(mask))
    assert not torch.equal(fitted.get_parameter("0.weight"), model.get_parameter("0.weight"))


def test_the_bar_counts_steps(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    fit(network(), *photo(), progress=True)
    assert "4/4" in capsys.readouterr().err


def test_bad_arguments() -> None:
    model, (image, mask) = network(), photo()
    pair = image.expand(2, -1, -1, -1), mask.expand(2, -1, -1, -1)
    with pytest.raises(ValueError, match=r"image must be a single one, .* got a batch of 2"):
        fit(model, *pair)
    with pytest.raises(ValueError, match="mask must leave a known pixel"):
        fit(model, image, torch.ones_like(mask))
    for name in ("seconds", "learning_rate"):
        with pytest.raises(ValueError, match=f"{name} must be above 0 and finite, got 0"):
            fit(model, image, mask, **{name: 0})
    for name in ("steps", "crop_size"):
        with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
            fit(model, image, mask, **{name: 0})
    masks: Any = CentreBox
    with pytest.raises(TypeError, match="masks must be a mask sampler"):
        fit(model, image, mask, masks=masks)


def test_networks_that_cannot_be_trained() -> None:
    function: Any = lambda x: x[:, :3]  # noqa: E731
    with pytest.raises(TypeError, match=r"model must be a torch\.nn\.Module, got function"):
        fit(function, *photo())
    with pytest.raises(TypeError, match=r"model must be in float32 .* got torch\.bfloat16"):
        fit(network().bfloat16(), *photo())
    with pytest.raises(ValueError, match=r"call model\.requires_grad_\(True\)"):
        fit(network().requires_grad_(requires_grad=False), *photo())


def test_a_known_pixel_that_is_not_finite() -> None:
    image, mask = photo()
    image[..., 0, :] = torch.nan
    with pytest.raises(ValueError, match=r"the loss of step \d is nan: the known pixels and"):
        fit(network(), image, mask, steps=20)
