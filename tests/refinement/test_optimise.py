"""Optimisation of features: Adam by the book, and an end for each image."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from typing_extensions import override

from lamakit.refinement.optimise import optimise_features
from lamakit.refinement.scale_losses import ScaleLosses
from lamakit.refinement.split_network import Front, SplitNetwork
from tests.helpers import seeded

TARGETS = torch.tensor([0.0, 10.0, 3.0]).view(3, 1, 1, 1)


def distances(prediction: Tensor) -> Tensor:
    return (prediction - TARGETS).abs().mean(dim=(1, 2, 3))


class Losses(ScaleLosses):
    """Losses by a function."""

    def __init__(self, function: Callable[[Tensor], Tensor], scale: float) -> None:
        self.function, self.scale = function, scale

    @property
    @override
    def gradient_scale(self) -> Tensor:
        return torch.full((3,), self.scale)

    @override
    def __call__(self, prediction: Tensor) -> Tensor:
        return self.function(prediction)


def network_of(front: Front, rear: Callable[[Tensor], Tensor]) -> SplitNetwork:
    autocast = {"cpu": torch.autocast("cpu", enabled=False)}
    return SplitNetwork(
        front,
        [(rear, None)],
        recompute=False,
        autocast=autocast,
        model=None,
        size_multiple=None,
    )


def run(
    start: Tensor,
    *,
    iterations: int = 8,
    tolerance: float | None = None,
    scale: float = 1,
    stop_after: int | None = None,
    losses: Callable[[Tensor], Tensor] = distances,
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Return the result, and the prediction and the losses of each iteration."""
    predictions, trace = [], []

    def rear(features: Tensor) -> Tensor:
        predictions.append(features.detach().clone())
        return features.mul_(1)  # a network may work in place

    def report(_iteration: int, values: Tensor) -> bool:
        trace.append(values)
        return len(trace) == stop_after

    result = optimise_features(
        network_of(lambda x: x, rear),
        start,
        Losses(losses, scale),
        iterations=iterations,
        learning_rate=0.5,
        tolerance=tolerance,
        report=report,
    )
    return result, predictions, trace


def test_the_updates_are_those_of_adam() -> None:
    start = torch.rand(3, 2, 4, 4, generator=seeded())
    unknown = start.clone().requires_grad_()
    adam = torch.optim.Adam([unknown], lr=0.5)
    _, predictions, trace = run(start, scale=64)
    assert len(predictions) == len(trace) == 8
    for prediction, losses in zip(predictions, trace, strict=True):
        torch.testing.assert_close(prediction, unknown.detach(), rtol=0, atol=1e-5)
        torch.testing.assert_close(losses, distances(unknown).detach(), rtol=0, atol=1e-5)
        adam.zero_grad()
        distances(unknown).sum().backward()
        adam.step()


@pytest.mark.parametrize("iterations", [0, 1])
def test_no_update(iterations: int) -> None:
    start = torch.rand(3, 2, 4, 4)
    result, predictions, _ = run(start, iterations=iterations)
    assert len(predictions) == 1
    assert torch.equal(result, start)


def test_each_image_keeps_the_prediction_at_which_it_stopped() -> None:
    start = torch.tensor([20.0, 14.0, 4.0]).view(3, 1, 1, 1)
    tolerance = 0.07
    result, predictions, trace = run(start, iterations=30, tolerance=tolerance)
    losses = torch.stack(trace)
    stops = [
        next(
            n
            for n in range(1, len(losses))
            if not losses[n, image] < (1 - tolerance) * losses[n - 1, image]
        )
        for image in range(3)
    ]
    assert len(set(stops)) == 3
    assert len(trace) == max(stops) + 1 < 30
    for image, stop in enumerate(stops):
        assert torch.equal(result[image], predictions[stop][image])


def test_the_report_can_stop_it() -> None:
    start = torch.rand(3, 2, 4, 4, generator=seeded())
    result, predictions, trace = run(start, stop_after=3)
    assert len(trace) == 3
    assert torch.equal(result, predictions[-1])


def test_a_loss_of_nan_stops() -> None:
    def broken(prediction: Tensor) -> Tensor:
        return distances(prediction) * torch.nan

    _, predictions, _ = run(torch.zeros(3, 1, 1, 1), tolerance=0.0, losses=broken)
    assert len(predictions) == 2


def test_half_precision_is_optimised_in_float32() -> None:
    """Steps far below half precision's add up."""
    start = torch.full((3, 1, 1, 1), 2.0, dtype=torch.float16)
    result = optimise_features(
        network_of(lambda x: x.half(), lambda features: features),
        start.float(),
        Losses(distances, 1),
        iterations=41,
        learning_rate=1e-4,
        tolerance=None,
        report=lambda *_: False,
    )
    assert result.dtype == torch.float16
    torch.testing.assert_close(result[1].item(), 2.004, rtol=0, atol=0.002)
    assert result[1] > start[1]
