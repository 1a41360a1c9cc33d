"""Optimisation of a network's features by Adam."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lamakit._dtypes import at_least_float32
from lamakit.refinement.scale_losses import ScaleLosses
from lamakit.refinement.split_network import SplitNetwork, unpack


# The idea: the weights stay as they are, and the features are the unknowns. The loss of an
# image depends on no features but its own, and Adam treats each number on its own, so one
# optimiser for the batch does what one optimiser for each image would do.
#
# With a tolerance each image stops on its own: where its loss has fallen by no more than this
# share since the iteration before. It keeps the prediction of that iteration, whatever happens
# to its features afterwards. Losses of two images, with a tolerance of 0.1:
#
#     iteration      0      1      2      3
#     image 0     1.00   0.60   0.40   0.39   fell by 3 %: stops at 3, and all have stopped
#     image 1     1.00   0.95   0.80   0.70   fell by 5 %: stopped at 1
def optimise_features(
    network: SplitNetwork,
    inputs: Tensor,
    losses_of: ScaleLosses,
    *,
    iterations: int,
    learning_rate: float,
    tolerance: float | None,
    report: Callable[[int, Tensor], bool],
) -> Tensor:
    """Return the last prediction from features that Adam changes to lower the losses.

    Args:
        network: computes features from the inputs, where the optimisation starts, and predictions
            (B, C, H, W) from features.
        inputs: of the network.
        losses_of: computes the loss (B,) of each prediction of the batch. In the backward pass the
            gradient of each image is ``losses_of.gradient_scale`` times as large, because half
            precision would round small ones to zero.
        iterations: number of predictions; 0 counts as 1. Adam makes one update between two.
        learning_rate: of Adam.
        tolerance: as in :func:`refine`.
        report: is called with the number of each iteration, from 0, and its losses. If it returns
            True, that iteration is the last.
    """
    with network.explained_errors(inputs):
        features, pack = unpack(network.features(inputs))
    dtypes = [feature.dtype for feature in features]
    unknowns = [at_least_float32(feature).clone().requires_grad_() for feature in features]
    del features
    gradient_scale = losses_of.gradient_scale
    adam = torch.optim.Adam(unknowns, lr=learning_rate)
    stopped = torch.zeros_like(gradient_scale, dtype=torch.bool)
    losses_before: Tensor | None = None
    for iteration in range(max(iterations, 1)):
        is_last = iteration >= iterations - 1
        with torch.set_grad_enabled(not is_last):
            # Copies, because the network may work in place.
            copies = [x.to(dtype, copy=True) for x, dtype in zip(unknowns, dtypes, strict=True)]
            with network.explained_errors(inputs):
                prediction = network.predict(pack(copies))
            losses = losses_of(prediction)
        latest, latest_losses = prediction.detach(), losses.detach()
        must_stop = report(iteration, latest_losses)
        if losses_before is None:
            result = latest
        else:
            result = torch.where(stopped[:, None, None, None], result, latest)
            if tolerance is not None:
                stopped = stopped | ~(latest_losses < (1 - tolerance) * losses_before)
        if is_last or must_stop or (tolerance is not None and bool(stopped.all())):
            break
        losses_before = latest_losses
        _set_gradients(unknowns, losses, gradient_scale)
        adam.step()
    return result


def _set_gradients(unknowns: list[Tensor], losses: Tensor, gradient_scale: Tensor) -> None:
    """Set the gradients of the unknowns; those of the network's parameters are not computed."""
    gradients: Sequence[Tensor | None] = torch.autograd.grad(
        losses, unknowns, gradient_scale, allow_unused=True
    )
    for unknown, gradient in zip(unknowns, gradients, strict=True):
        scale = gradient_scale.to(unknown).view(-1, *[1] * (unknown.ndim - 1))
        unknown.grad = None if gradient is None else gradient / scale
