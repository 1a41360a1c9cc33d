"""LaMa's objective as it was published, with its pretrained perceptual loss."""

from __future__ import annotations

from lamakit._weights import Weights
from lamakit.backbones import dilated_resnet50
from lamakit.losses.adversarial import AdversarialLoss
from lamakit.losses.objective_lama import LamaObjective
from lamakit.losses.objective_terms import Discriminator
from lamakit.losses.objective_weights import LamaWeights
from lamakit.losses.perceptual import PerceptualLoss


def lama_objective(
    discriminator: Discriminator,
    perceptual_weights: Weights,
    *,
    weights: LamaWeights = LamaWeights(),  # noqa: B008 (it is frozen)
    adversarial: AdversarialLoss | None = None,
) -> LamaObjective:
    """Return LaMa's objective with its high receptive field perceptual loss.

    Args:
        discriminator: as in :class:`LamaObjective`.
        perceptual_weights: path or state dict of the weights of MIT CSAIL's ADE20K encoder, as
            :func:`~lamakit.backbones.dilated_resnet50` takes them.
        weights: as in :class:`LamaObjective`.
        adversarial: as in :class:`LamaObjective`.

    Returns:
        A :class:`LamaObjective`.

    Raises:
        FileNotFoundError: if there is no such file, with the name of the file to look for.
        ValueError: if the weights are incomplete, or those of another network.
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
