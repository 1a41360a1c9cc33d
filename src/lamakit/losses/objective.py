"""What LaMa minimises, each term by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from typing_extensions import Self, override

from lamakit._checks import check_image_and_mask, check_same_shape
from lamakit._dtypes import at_least_float32
from lamakit._weights import Weights
from lamakit.backbones import dilated_resnet50
from lamakit.losses.adversarial import AdversarialLoss
from lamakit.losses.feature_matching import Distance, feature_matching_loss
from lamakit.losses.masked_l1 import masked_l1_loss
from lamakit.losses.non_saturating import NonSaturatingLoss
from lamakit.losses.objective_weights import LamaWeights
from lamakit.losses.perceptual import PerceptualLoss
from lamakit.losses.r1 import r1_penalty

__all__ = ["Discriminator", "LamaObjective", "LossTerms", "PairLoss", "lama_objective"]

Discriminator = Callable[[Tensor], tuple[Tensor, Sequence[Tensor]]]
PairLoss = Callable[[Tensor, Tensor], Tensor]


class LossTerms(NamedTuple):
    """A loss and what it consists of.

    Args:
        total: the sum of the terms, to call ``backward()`` on.
        terms: each weighted term by its name, a scalar without gradient, to log.

    Example:
        >>> import torch
        >>> LossTerms(torch.tensor(3.0), {"l1": torch.tensor(1.0), "r1": torch.tensor(2.0)}).total
        tensor(3.)
    """

    total: Tensor
    terms: dict[str, Tensor]


class LamaObjective(nn.Module):
    """The losses that train LaMa's generator and its discriminator.

    LaMa's perceptual loss is among them only if ``perceptual`` is given, since it needs published
    weights: :func:`lama_objective` builds all of LaMa's.

    A perceptual loss that is a module moves with the objective, or with the module that owns it:
    ``to``, ``half`` and their like reach it. Its weights stay out of ``state_dict`` and
    ``parameters``, and so do the discriminator's, which belongs to whoever trains it and moves with
    that owner.

    Each loss passes each image through the discriminator once:

    - ``generator_loss`` runs it on the prediction while its parameters require no gradient, and on
      the image without gradient. A ``DistributedDataParallel`` discriminator is unwrapped for that.
    - ``discriminator_loss`` runs it on the image and on the detached prediction. With R1 the pass
      over the image is in float32 even under autocast, since the penalty's gradient has no loss
      scale. Under ``torch.no_grad()`` R1 is left out.

    In train mode each pass updates a BatchNorm's running statistics, as in the released code.
    ``generator_loss`` switches ``requires_grad`` off and on, which ``torch.compile`` does outside
    of its graphs: it takes no ``fullgraph=True``.

    Args:
        discriminator: from an image to (logits, features), such as
            :class:`~lamakit.discriminators.PatchDiscriminator`. With R1 it must not be compiled:
            ``torch.compile`` has no second derivatives. If it is no module, hold its parameters
            fixed yourself in the generator's step.
        perceptual: from prediction and image to a scalar; LaMa's is
            ``PerceptualLoss(dilated_resnet50(weights))``. None to train without one:
            ``weights.perceptual`` then has no effect.
        weights: what each term is multiplied by; 0 for a term that is not computed.
        adversarial: the adversarial loss; None for ``NonSaturatingLoss()``, which calls a patch
            filled if the nearest pixel of the mask is missing, as LaMa's released code does. By its
            paper every patch that meets the hole is: ``NonSaturatingLoss(mask_resize="max")``.

    Example:
        >>> import torch
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> objective = LamaObjective(PatchDiscriminator(base_channels=8))
        >>> image, mask = torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
        >>> mask[..., 16:48, 16:48] = 1
        >>> prediction = torch.rand(2, 3, 64, 64, requires_grad=True)
        >>> total, terms = objective.generator_loss(prediction, image, mask)
        >>> total.backward()
        >>> sorted(terms)
        ['adversarial', 'feature_matching', 'l1']
        >>> sorted(objective.discriminator_loss(prediction, image, mask).terms)
        ['discriminator', 'r1']

    Source:
        LaMa, sec. 2.2.3, with the released code's weights; :class:`LamaWeights` tells where the two
        differ.
    """

    discriminator: Discriminator
    perceptual: PairLoss | None

    feature_distance: ClassVar[Distance] = "mse"

    def __init__(
        self,
        discriminator: Discriminator,
        *,
        perceptual: PairLoss | None = None,
        weights: LamaWeights = LamaWeights(),  # noqa: B008 (it is frozen)
        adversarial: AdversarialLoss | None = None,
    ) -> None:
        super().__init__()
        self.discriminator = discriminator
        self.perceptual = perceptual
        self.weights = weights
        self.adversarial = NonSaturatingLoss() if adversarial is None else adversarial

    @override
    def __setattr__(self, name: str, value: Any) -> None:
        if name in {"discriminator", "perceptual"}:  # held without being registered as submodules
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @override
    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        if isinstance(self.perceptual, nn.Module):
            self.perceptual._apply(fn, recurse)  # noqa: SLF001 (as a submodule's)
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    @override
    def extra_repr(self) -> str:
        perceptual = "None"
        if self.perceptual is not None:
            perceptual = type(self.perceptual).__name__
        elif self.weights.perceptual:
            perceptual += " (trains without a perceptual loss: weights.perceptual has no effect)"
        return f"perceptual={perceptual},\nweights={self.weights},"

    def generator_loss(self, prediction: Tensor, image: Tensor, mask: Tensor) -> LossTerms:
        """What the generator minimises.

        Args:
            prediction: the generator's raw output, (B, C, H, W).
            image: the true image, (B, C, H, W).
            mask: 1 where a pixel is missing, (B, 1, H, W).
        """
        check_image_and_mask(image, mask)
        check_same_shape("prediction", prediction, "image", image)
        return _add_up(self._generator_terms(prediction, image, mask), prediction)

    def discriminator_loss(self, prediction: Tensor, image: Tensor, mask: Tensor) -> LossTerms:
        """What the discriminator minimises; no gradient reaches the prediction.

        Args:
            prediction: the generator's raw output, (B, C, H, W).
            image: the true image, (B, C, H, W).
            mask: 1 where a pixel is missing, (B, 1, H, W).
        """
        check_image_and_mask(image, mask)
        check_same_shape("prediction", prediction, "image", image)
        real_image = image.detach()
        with_r1 = self.weights.r1 > 0 and torch.is_grad_enabled()
        if with_r1:
            device = image.device.type
            if torch.is_autocast_enabled(device):
                real_image = at_least_float32(real_image)
            real_image.requires_grad_()  # the detached one: the caller's is another tensor
            with torch.autocast(device, enabled=False):
                real_logits, _ = self.discriminator(real_image)
        else:
            real_logits, _ = self.discriminator(real_image)
        fake_logits, _ = self.discriminator(prediction.detach())
        terms = {
            "discriminator": self.adversarial.discriminator_loss(real_logits, fake_logits, mask)
        }
        if with_r1:
            terms["r1"] = self.weights.r1 * r1_penalty(real_logits, real_image)
        return _add_up(terms, prediction)

    def _generator_terms(
        self, prediction: Tensor, image: Tensor, mask: Tensor
    ) -> dict[str, Tensor]:
        weights, terms = self.weights, {}
        if weights.l1_known or weights.l1_missing:
            terms["l1"] = masked_l1_loss(
                prediction,
                image,
                mask,
                weight_known=weights.l1_known,
                weight_missing=weights.l1_missing,
            )
        if weights.adversarial or weights.feature_matching:
            fake_logits, fake_features = self._frozen_discriminator(prediction)
        if weights.adversarial:
            loss = self.adversarial.generator_loss(fake_logits, mask)
            terms["adversarial"] = weights.adversarial * loss
        if weights.feature_matching:
            with torch.no_grad():
                _, real_features = _unwrapped(self.discriminator)(image)
            loss = feature_matching_loss(
                fake_features, real_features, distance=self.feature_distance
            )
            terms["feature_matching"] = weights.feature_matching * loss
        if self.perceptual is not None and weights.perceptual:
            terms["perceptual"] = weights.perceptual * self.perceptual(prediction, image)
        return terms

    def _frozen_discriminator(self, image: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        """Return its output, through which gradients reach the image but no parameter."""
        module = _unwrapped(self.discriminator)
        parameters = module.parameters() if isinstance(module, nn.Module) else iter(())
        learning = [parameter for parameter in parameters if parameter.requires_grad]
        try:
            for parameter in learning:
                parameter.requires_grad = False
            return module(image)
        finally:
            for parameter in learning:
                parameter.requires_grad = True


def lama_objective(
    discriminator: Discriminator,
    perceptual_weights: Weights,
    *,
    weights: LamaWeights = LamaWeights(),  # noqa: B008 (it is frozen)
    adversarial: AdversarialLoss | None = None,
) -> LamaObjective:
    """Return all of LaMa's losses, its high receptive field perceptual loss among them.

    Args:
        discriminator: as in :class:`LamaObjective`.
        perceptual_weights: a file of the weights of MIT CSAIL's ADE20K encoder, or their state
            dict: what :func:`~lamakit.backbones.dilated_resnet50` takes.
        weights: as in :class:`LamaObjective`.
        adversarial: as in :class:`LamaObjective`.

    Returns:
        A :class:`LamaObjective`.

    Raises:
        FileNotFoundError: if there is no such file, with what to look for.
        ValueError: if the weights are not complete, or those of another network.
        TypeError: if ``perceptual_weights`` is None.

    Example:
        >>> from lamakit.backbones import dilated_resnet50
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> random_weights = dilated_resnet50().body.state_dict()  # in place of a file
        >>> objective = lama_objective(PatchDiscriminator(base_channels=8), random_weights)
        >>> objective.perceptual.layer_reduction
        'sum'

    Source:
        LaMa, eq. 5 and sec. 3; released configuration.
    """
    if perceptual_weights is None:  # dilated_resnet50 would take random ones
        raise TypeError(
            "perceptual_weights must be a path or a state dict, got None; give MIT CSAIL's "
            "encoder_epoch_20.pth, or train without a perceptual loss by LamaObjective"
        )
    perceptual = PerceptualLoss(dilated_resnet50(perceptual_weights))
    return LamaObjective(
        discriminator, perceptual=perceptual, weights=weights, adversarial=adversarial
    )


def _unwrapped(discriminator: Discriminator) -> Discriminator:
    """Without ``DistributedDataParallel``, which prepares to exchange gradients at each pass."""
    if isinstance(discriminator, nn.parallel.DistributedDataParallel):
        module: Discriminator = discriminator.module
        return module
    return discriminator


def _add_up(terms: dict[str, Tensor], like: Tensor) -> LossTerms:
    total = sum(terms.values(), start=at_least_float32(like.new_zeros(())))
    return LossTerms(total, {name: term.detach() for name, term in terms.items()})
