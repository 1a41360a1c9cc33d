"""LaMa's objective: the losses of its generator and of its discriminator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from typing_extensions import Self, override

from lamakit.losses.adversarial import AdversarialLoss
from lamakit.losses.argument_order import (
    check_prediction_target_mask,
    check_target_is_no_prediction,
)
from lamakit.losses.discriminator_output import check_condition, judge, judge_in_full_precision
from lamakit.losses.feature_matching import Distance, feature_matching_loss
from lamakit.losses.frozen_discriminator import frozen
from lamakit.losses.masked_l1 import masked_l1_unchecked
from lamakit.losses.non_saturating import NonSaturatingLoss
from lamakit.losses.objective_checks import (
    check_adversarial,
    check_discriminator,
    check_pair_loss,
    check_weights,
)
from lamakit.losses.objective_terms import Discriminator, LossTerms, PairLoss, add_up
from lamakit.losses.objective_weights import LamaWeights
from lamakit.losses.r1 import r1_penalty


class LamaObjective(nn.Module):
    """The losses that train LaMa's generator and its discriminator.

    The perceptual loss is among them only if ``perceptual`` is given, since it needs published
    weights; :func:`lama_objective` builds the whole of LaMa's objective.

    What happens in each step:

    - ``generator_loss`` runs the discriminator twice. On the prediction, the discriminator's
      parameters are frozen, but gradients flow to the prediction. On the target, it runs under
      ``torch.no_grad()``. In both passes a ``DistributedDataParallel`` wrapper is bypassed, because
      there are no gradients to exchange. Every other wrapper is called, even one outside of it: the
      precision of Lightning Fabric and the speed of ``torch.compile`` are kept.
    - ``discriminator_loss`` runs the discriminator on the target and on the detached prediction.
      With R1 the pass over the target is in float32 even under autocast, and without the
      precision that Fabric or accelerate gave the discriminator: the penalty takes a gradient,
      which a ``GradScaler`` does not scale, so half precision could round it to 0.
      Under ``torch.no_grad()`` R1 is left out.

    In train mode each pass updates the running statistics of BatchNorm, as in the released code.
    ``generator_loss`` changes ``requires_grad`` of parameters, which ``torch.compile`` cannot do
    inside a graph: do not compile it with ``fullgraph=True``.

    Which module owns what:

    - The discriminator belongs to whoever trains it: it is not part of the objective's
      ``parameters`` or ``state_dict``, and does not move with the objective.
    - The perceptual loss, if it is a module, moves with the objective (``to``, ``half``, ...), but
      its weights, which never change, are not part of ``parameters`` or ``state_dict`` either.

    Args:
        discriminator: from an image to (logits, features), such as
            :class:`~lamakit.discriminators.PatchDiscriminator`. Each is a tensor, a list of tensors
            (such as one for each scale) or a list of lists; a discriminator without features
            returns the logits alone, and ``weights.feature_matching`` must be 0. If it needs a
            condition, it takes that as its second argument. With R1 it must not be compiled:
            ``torch.compile`` has no second derivatives. If it is not a module, hold its parameters
            fixed yourself in the generator's step. None to train the generator alone, without the
            terms that need one: set their weights, ``adversarial`` and ``feature_matching``, to 0.
        perceptual: from prediction and target to a scalar; LaMa's is
            ``PerceptualLoss(dilated_resnet50(weights))``. None to train without one;
            ``weights.perceptual`` then has no effect.
        weights: the factor of each term; a term whose weight is 0 is not computed.
        adversarial: the adversarial loss; None for ``NonSaturatingLoss()``, which calls a patch
            filled if the nearest pixel of the mask is missing, as LaMa's released code does. LaMa's
            paper calls every patch filled that meets the hole:
            ``NonSaturatingLoss(mask_resize="max")``.

    Raises:
        ValueError: if there is no discriminator, but a term that needs one.
        TypeError: if an argument is of the wrong type, such as weights that are a dictionary.

    Example:
        >>> import torch
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> objective = LamaObjective(PatchDiscriminator(base_channels=8))
        >>> target, mask = torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
        >>> mask[..., 16:48, 16:48] = 1
        >>> prediction = torch.rand(2, 3, 64, 64, requires_grad=True)
        >>> total, terms = objective.generator_loss(prediction, target, mask)
        >>> total.backward()
        >>> sorted(terms)
        ['adversarial', 'feature_matching', 'l1']
        >>> sorted(objective.discriminator_loss(prediction, target, mask).terms)
        ['discriminator', 'r1']

    Source:
        LaMa, sec. 2.2.3, with the released code's weights; :class:`LamaWeights` lists where the two
        differ.
    """

    discriminator: Discriminator | None
    perceptual: PairLoss | None

    feature_distance: ClassVar[Distance] = "mse"
    weights_type: ClassVar[type[LamaWeights]] = LamaWeights

    def __init__(
        self,
        discriminator: Discriminator | None,
        *,
        perceptual: PairLoss | None = None,
        weights: LamaWeights = LamaWeights(),  # noqa: B008 (it is frozen)
        adversarial: AdversarialLoss | None = None,
    ) -> None:
        super().__init__()
        check_discriminator(discriminator)
        check_pair_loss("perceptual", perceptual, "PerceptualLoss(vgg19_features(path))")
        check_weights(weights, self.weights_type)
        check_adversarial(adversarial)
        if discriminator is None and (weights.adversarial or weights.feature_matching):
            raise ValueError(
                "discriminator is None, but the weights adversarial and feature_matching are "
                f"{weights.adversarial} and {weights.feature_matching}: set both to 0, or give one"
            )
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
        if isinstance(self.perceptual, nn.Module):  # it moves with the objective all the same
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

    def generator_loss(
        self, prediction: Tensor, target: Tensor, mask: Tensor, *, condition: Tensor | None = None
    ) -> LossTerms:
        """Return the generator's loss and its terms.

        Args:
            prediction: the generator's raw output, (B, C, H, W).
            target: the true image, (B, C, H, W).
            mask: 1 where a pixel is missing, (B, 1, H, W).
            condition: what the discriminator gets as its second argument, such as the mask or class
                labels, with the batch first; None if it takes none.
        """
        check_prediction_target_mask(prediction, target, mask)
        check_target_is_no_prediction(prediction, target)
        check_condition(condition, target)
        return add_up(self._generator_terms(prediction, target, mask, condition), prediction)

    def discriminator_loss(
        self, prediction: Tensor, target: Tensor, mask: Tensor, *, condition: Tensor | None = None
    ) -> LossTerms:
        """Return the discriminator's loss and its terms; no gradient reaches the prediction.

        Args:
            prediction: the generator's raw output, (B, C, H, W).
            target: the true image, (B, C, H, W).
            mask: 1 where a pixel is missing, (B, 1, H, W).
            condition: as in :meth:`generator_loss`. R1 takes no gradient with respect to it.
        """
        check_prediction_target_mask(prediction, target, mask)
        check_condition(condition, target)
        if self.discriminator is None:
            raise ValueError("the objective has no discriminator, and so no loss to train one")
        with_r1 = self.weights.r1 > 0 and torch.is_grad_enabled()
        if with_r1:
            given = self.discriminator, target, condition
            real_logits, real_image = judge_in_full_precision(*given)
        else:
            real_logits = judge(self.discriminator, target.detach(), condition).logits
        fake_logits = judge(self.discriminator, prediction.detach(), condition).logits
        terms = {
            "discriminator": self.adversarial.discriminator_loss(real_logits, fake_logits, mask)
        }
        if with_r1:
            terms["r1"] = self.weights.r1 * r1_penalty(real_logits, real_image)
        return add_up(terms, prediction)

    def _generator_terms(
        self, prediction: Tensor, target: Tensor, mask: Tensor, condition: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return each weighted term of the generator's loss, with its gradient."""
        weights, terms = self.weights, {}
        if weights.l1_known or weights.l1_missing:
            terms["l1"] = masked_l1_unchecked(
                prediction, target, mask, weights.l1_known, weights.l1_missing
            )
        if self.discriminator is not None and (weights.adversarial or weights.feature_matching):
            with frozen(self.discriminator):
                fake = judge(self.discriminator, prediction, condition)
                if weights.feature_matching:
                    with torch.no_grad():
                        real = judge(self.discriminator, target, condition)
        if weights.adversarial:
            loss = self.adversarial.generator_loss(fake.logits, mask)
            terms["adversarial"] = weights.adversarial * loss
        if weights.feature_matching:
            if fake.features is None or real.features is None:
                raise ValueError(
                    "the discriminator returned no features for feature matching to compare: let "
                    "it return (logits, features), or set weights.feature_matching to 0"
                )
            loss = feature_matching_loss(
                fake.features, real.features, distance=self.feature_distance
            )
            terms["feature_matching"] = weights.feature_matching * loss
        if self.perceptual is not None and weights.perceptual:
            terms["perceptual"] = weights.perceptual * self.perceptual(prediction, target)
        return terms
