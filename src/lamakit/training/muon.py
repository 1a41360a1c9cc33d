"""Muon: an optimizer that changes all directions of a convolution's weights equally fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from typing_extensions import override

from lamakit._checks import check_fraction, check_positive

_ITERATIONS = 5
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ADAM_RMS = 0.2  # the usual root mean square of Adam's changes, as a multiple of the learning rate
_EPSILON = 1e-8


# Idea. Most of a gradient lies in a few directions: a network first learns how bright an image is
# and only much later its colours and details, which change the loss less. Muon takes the average
# gradient of a convolution as a matrix (output channels x everything else) and makes its singular
# values about equal, so that the weak directions are learned as fast as the strong ones. Biases and
# normalisations are no matrices: Adam trains them.
class Muon(Optimizer):
    """An optimizer for convolutions: momentum, made orthogonal; Adam for biases and norms.

    Weights of two or more dimensions are matrices, (first dimension) x (all others). Their changes
    are scaled so that the root mean square is 0.2 times the learning rate, as is usual with Adam.

    Small generators learned several times faster with it than with Adam (the model card of
    lama_tiny has figures). A step costs more, by an amount that does not depend on the batch.

    Args:
        parameters: what is trained.
        lr: learning rate, above 0. Good values are two to ten times those of Adam.
        momentum: share of the average gradient that a step keeps, from 0 to 1.
        betas: shares of the two averages of Adam that a step keeps, from 0 to 1.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> from torch import nn
        >>> model = nn.Conv2d(3, 8, 3)
        >>> optimizer = Muon(model.parameters(), lr=0.004)
        >>> model(torch.rand(1, 3, 16, 16)).square().mean().backward()
        >>> optimizer.step()

    Source:
        Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024). The scale
        is that of Liu et al., "Muon is Scalable for LLM Training" (2025), sec. 2.2.
        ``torch.optim.Muon`` takes matrices only, no convolutions. Differences: first and last
        layers are trained in the same way, and there is no weight decay.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        lr: float = 4e-3,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
    ) -> None:
        check_positive("lr", lr)
        check_fraction("momentum", momentum)
        for number, beta in enumerate(betas):
            check_fraction(f"betas[{number}]", beta)
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "betas": betas})

    @override
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Change the parameters once; ``closure`` computes the loss and its gradients anew."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            trained = [p for p in group["params"] if p.grad is not None]
            for parameter in trained:
                if parameter.ndim < 2:
                    self._change_vector(parameter, group)
            # Matrices of one shape are made orthogonal together, which is several times faster.
            matrices: dict[tuple[object, ...], list[Tensor]] = {}
            for parameter in trained:
                if parameter.ndim >= 2:
                    key = parameter.flatten(1).shape, parameter.device
                    matrices.setdefault(key, []).append(parameter)
            for same in matrices.values():
                self._change_matrices(same, group)
        return loss

    def _change_matrices(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        """Change parameters that are matrices of one shape."""
        momentum = group["momentum"]
        directions = []
        for parameter in parameters:
            gradient, state = parameter.grad, self.state[parameter]
            if "average" not in state:
                state["average"] = torch.zeros_like(parameter)
            average = state["average"].lerp_(gradient, 1 - momentum)
            # Nesterov's momentum: the average as it will be if the next gradient is like this one.
            directions.append(average.lerp(gradient, 1 - momentum).flatten(1))
        scale = _ADAM_RMS * max(directions[0].shape) ** 0.5
        for parameter, direction in zip(
            parameters, orthogonalize(torch.stack(directions)), strict=True
        ):
            parameter.add_(direction.view_as(parameter), alpha=-group["lr"] * scale)

    def _change_vector(self, parameter: Tensor, group: dict[str, Any]) -> None:
        """Change a parameter as Adam does."""
        gradient, state = parameter.grad, self.state[parameter]
        if "step" not in state:
            state["step"] = torch.zeros(())  # on the CPU, where it is read
            state["average"] = torch.zeros_like(parameter)
            state["squares"] = torch.zeros_like(parameter)
        state["step"] += 1
        steps = state["step"].item()
        first, second = group["betas"]
        average = state["average"].lerp_(gradient, 1 - first)
        squares = state["squares"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
        root = (squares / (1 - second**steps)).sqrt_().add_(_EPSILON)
        parameter.addcdiv_(average, root, value=-group["lr"] / (1 - first**steps))


def orthogonalize(matrices: Tensor) -> Tensor:
    """Return nearly the orthogonal matrices that are nearest to the given ones.

    With the singular value decomposition ``U S V^T`` of a matrix, this is ``U T V^T``, where the
    singular values T are between about 0.7 and 1.2. It is found by five steps of a Newton-Schulz
    iteration in bfloat16.

    Args:
        matrices: any finite ones; zeros stay zeros.

    Shape:
        - matrices: (B, M, N)
        - Output: (B, M, N), in the dtype of ``matrices``

    Example:
        >>> matrix = torch.diag(torch.tensor([100.0, 10.0, 1.0]))
        >>> diagonal = orthogonalize(matrix[None])[0].diag()
        >>> bool(((diagonal > 0.5) & (diagonal < 1.5)).all())
        True
    """
    first, second, third = _COEFFICIENTS
    is_tall = matrices.shape[1] > matrices.shape[2]
    x = (matrices.mT if is_tall else matrices).bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + _EPSILON)  # singular values are at most 1
    for _ in range(_ITERATIONS):
        squared = torch.bmm(x, x.mT)
        factor = torch.baddbmm(squared, squared, squared, beta=second, alpha=third)
        x = torch.baddbmm(x, factor, x, beta=first)
    return (x.mT if is_tall else x).to(matrices.dtype)
