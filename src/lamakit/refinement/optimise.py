"""The descent at one scale: features changed until the prediction fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lamakit.refinement.split_network import Features, unpack

__all__ = ["optimise"]


def optimise(
    predict: Callable[[Features], Tensor],
    features: Features,
    losses_of: Callable[[Tensor], Tensor],
    *,
    scale: Tensor,
    iterations: int,
    learning_rate: float,
    tolerance: float | None,
    report: Callable[[int, Tensor], None],
) -> Tensor:
    """The last of several predictions, between which Adam lowers the losses by the features.

    ``scale`` holds a power of two for each image, by which its gradients are larger on their way
    through the network: half precision would lose them.
    """
    tensors, pack = unpack(features)
    dtypes = [tensor.dtype for tensor in tensors]
    leaves = [
        tensor.to(torch.promote_types(tensor.dtype, torch.float32), copy=True).requires_grad_()
        for tensor in tensors
    ]
    del features, tensors
    adam = torch.optim.Adam(leaves, lr=learning_rate)
    kept = _Kept(tolerance)
    updates = max(iterations, 1) - 1

    def forward(iteration: int) -> tuple[Tensor, Tensor]:
        with torch.set_grad_enabled(iteration < updates):
            # Copies, so that a rear may work in place.
            z = [leaf.to(dtype, copy=True) for leaf, dtype in zip(leaves, dtypes, strict=True)]
            prediction = predict(pack(z))
            losses = losses_of(prediction)
        report(iteration, losses.detach())
        return prediction, losses

    for iteration in range(updates):
        prediction, losses = forward(iteration)
        if kept.update(prediction.detach(), losses.detach()):
            return kept.prediction
        _set_gradients(leaves, losses, scale)
        adam.step()
    kept.update(*forward(updates))
    return kept.prediction


def _set_gradients(leaves: list[Tensor], losses: Tensor, scale: Tensor) -> None:
    """The leaves' gradients, and no others: the parameters' are neither computed nor stored."""
    gradients: Sequence[Tensor | None] = torch.autograd.grad(
        losses, leaves, scale, allow_unused=True
    )
    for leaf, gradient in zip(leaves, gradients, strict=True):
        each = scale.to(leaf).view(-1, *[1] * (leaf.ndim - 1))
        leaf.grad = None if gradient is None else gradient / each


class _Kept:
    """The latest prediction; with a tolerance, each image's at the step that ended its descent."""

    prediction: Tensor
    previous: Tensor | None = None

    def __init__(self, tolerance: float | None) -> None:
        self.tolerance = tolerance

    def update(self, prediction: Tensor, losses: Tensor) -> bool:
        """Take in a step; whether every image's descent has ended."""
        if self.tolerance is None:
            self.prediction = prediction
            return False
        if self.previous is None:
            self.prediction = prediction
            self.falling = torch.ones_like(losses, dtype=torch.bool)
        else:
            now = self.falling[:, None, None, None]
            self.prediction = torch.where(now, prediction, self.prediction)
            self.falling = self.falling & (losses < (1 - self.tolerance) * self.previous)
        self.previous = losses
        return not bool(self.falling.any())
