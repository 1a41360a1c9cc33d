"""One training step of a generator and its discriminator."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from lamakit._checks import check_at_least, check_batch, check_image_and_mask, check_non_negative
from lamakit._models import unwrap
from lamakit.images import stack_inputs
from lamakit.losses import LossTerms
from lamakit.training.state import TrainingState

if TYPE_CHECKING:
    from lightning_fabric import Fabric

GRADIENT_NORMS = ("generator_gradient", "discriminator_gradient")
"""The names of the norms among the values of a step."""

FurtherTerm = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]
"""From model, prediction, image and mask to a further term of the generator's loss."""


class Objective(Protocol):
    """The losses of a generator and a discriminator, as :class:`~lamakit.losses.LamaObjective`."""

    def generator_loss(
        self, prediction: Tensor, target: Tensor, mask: Tensor, *, condition: Tensor | None = None
    ) -> LossTerms:
        """Return the generator's loss and its terms."""
        ...

    def discriminator_loss(
        self, prediction: Tensor, target: Tensor, mask: Tensor, *, condition: Tensor | None = None
    ) -> LossTerms:
        """Return the discriminator's loss and its terms; no gradient reaches the prediction."""
        ...


def training_step(
    state: TrainingState,
    objective: Objective,
    image: Tensor,
    mask: Tensor,
    *,
    condition: Tensor | None = None,
    parts: int = 1,
    clip_norm: float = 1.0,
    further_terms: Mapping[str, FurtherTerm] | None = None,
    fabric: Fabric | None = None,
) -> dict[str, Tensor]:
    """Train the generator on one batch, then the discriminator, if there is one.

    Both learn from the same predictions, which are made once. The networks keep the mode they are
    in: call ``state.train()`` before.

    Args:
        state: the training, which the step changes: networks, optimizers, moving average, counts.
        objective: the losses; :class:`~lamakit.losses.LamaObjective` and ``GlamaObjective`` are
            such. It must hold ``state.discriminator``, with its wrapper if it has one.
        image: the whole images; with several processes, those of this one.
        mask: 1 where a pixel is missing.
        condition: what a conditional discriminator gets beside an image, such as the mask; None if
            it takes none.
        parts: into how many parts the batch is cut. They go through the networks one after another,
            which needs less memory; their gradients are averaged before the networks change. With
            BatchNorm, each part has its own statistics.
        clip_norm: the largest norm of each network's gradient; a longer one is shortened. 0 for
            any norm.
        further_terms: terms to add to the generator's loss, by name, each computed from model,
            prediction, image and mask; such as :class:`ScaleConsistency`.
        fabric: Lightning Fabric, if ``state.set_up`` was called with it.

    Shape:
        - image: (B, C, H, W)
        - mask: (B, 1, H, W)
        - condition: (B, ...)

    Returns:
        Each weighted term of both losses by name, and the norms of both gradients before clipping,
        ``generator_gradient`` and ``discriminator_gradient``. All are scalars on the device of the
        networks, without gradient.

    Raises:
        ValueError: if shapes or devices do not fit, an argument is out of range, or ``parts`` does
            not divide the number of images.
        TypeError: if image or mask is not a floating-point tensor.

    Example:
        >>> import torch
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> from lamakit.generators import lama_fourier
        >>> from lamakit.losses import LamaObjective
        >>> from lamakit.training import TrainingState
        >>> model = lama_fourier(base_channels=8, num_blocks=1)
        >>> state = TrainingState.of(model, PatchDiscriminator(base_channels=8))
        >>> objective = LamaObjective(state.discriminator)
        >>> image, mask = torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
        >>> mask[..., 16:48, 16:48] = 1
        >>> values = training_step(state, objective, image, mask)
        >>> state.step, sorted(values)[:2]
        (1, ['adversarial', 'discriminator'])

    Source:
        LaMa, sec. 3. Difference from its released code: there the discriminator learns from a
        second prediction, of the generator that was just changed.
    """
    check_image_and_mask(image, mask)
    check_at_least("parts", parts, 1)
    check_non_negative("clip_norm", clip_norm)
    if len(image) % parts:
        raise ValueError(f"parts must divide the batch of {len(image)} images, got {parts}")
    images, masks = image.chunk(parts), mask.chunk(parts)
    conditions = _chunks(condition, image, parts)
    predictions: list[Tensor] = []
    further = (further_terms or {}).items()

    def generator_loss(part: int) -> LossTerms:
        given = images[part], masks[part]
        prediction: Tensor = state.model(stack_inputs(*given))
        predictions.append(prediction.detach())
        total, terms = objective.generator_loss(prediction, *given, **conditions[part])
        for name, term in further:
            value = term(state.model, prediction, *given)
            total, terms[name] = total + value, value.detach()
        return LossTerms(total, terms)

    def discriminator_loss(part: int) -> LossTerms:
        given = images[part], masks[part]
        return objective.discriminator_loss(predictions[part], *given, **conditions[part])

    values: dict[str, Tensor] = {}
    losses = {"generator": generator_loss, "discriminator": discriminator_loss}
    # The discriminator's half begins when the generator's is done: a scaler of losses changes its
    # scale in between.
    for name, (network, optimizer) in state.trained.items():
        values |= _add_gradients(network, optimizer, losses[name], parts, fabric)
        values[f"{name}_gradient"] = _clip(network, optimizer, clip_norm, fabric)
        optimizer.step()
    if state.average is not None:
        state.average.update_parameters(unwrap(state.model))
    state.step += 1
    state.samples += len(image) * (1 if fabric is None else fabric.world_size)
    return values


def _chunks(condition: Tensor | None, image: Tensor, parts: int) -> list[dict[str, Tensor]]:
    """Return the condition of each part of a batch as a keyword argument, or none for each."""
    if condition is None:
        return [{}] * parts
    check_batch("condition", condition, "image", image)
    return [{"condition": chunk} for chunk in condition.chunk(parts)]


def _add_gradients(
    network: nn.Module,
    optimizer: Optimizer,
    loss: Callable[[int], LossTerms],
    parts: int,
    fabric: Fabric | None,
) -> dict[str, Tensor]:
    """Compute the mean gradient of the parts of a batch; return the mean of each term."""
    optimizer.zero_grad()
    found: list[dict[str, Tensor]] = []
    for part in range(parts):
        # Processes exchange their gradients once: with the last part, the sum of all.
        with _without_exchange(network, fabric, enabled=part < parts - 1):
            total, terms = loss(part)
            if fabric is None:
                (total / parts).backward()
            else:
                fabric.backward(total / parts)
        found.append(terms)
    return {name: torch.stack([terms[name] for terms in found]).mean() for name in found[0]}


def _without_exchange(
    network: Any,  # noqa: ANN401 (wrapped by Fabric, if there is one)
    fabric: Fabric | None,
    *,
    enabled: bool,
) -> contextlib.AbstractContextManager[None]:
    """Return a context in which a process does not exchange the gradients of a network."""
    if fabric is None:
        return contextlib.nullcontext()
    return fabric.no_backward_sync(network, enabled=enabled)


def _clip(
    network: nn.Module, optimizer: Optimizer, clip_norm: float, fabric: Fabric | None
) -> Tensor:
    """Shorten a network's gradient to a norm of at most ``clip_norm``; return its norm before."""
    max_norm = clip_norm or math.inf
    if fabric is None:
        return clip_grad_norm_(network.parameters(), max_norm)
    norm = fabric.clip_gradients(network, optimizer, max_norm=max_norm, error_if_nonfinite=False)
    return norm if norm is not None else torch.tensor(math.nan)
