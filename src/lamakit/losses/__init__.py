"""Losses, each usable alone; together they are what LaMa and GLaMa minimise."""

from lamakit.losses.adversarial import (
    AdversarialLoss,
    HingeLoss,
    LeastSquaresLoss,
    NonSaturatingLoss,
    resize_mask,
)
from lamakit.losses.boundary import BoundaryGradientLoss, boundary_gradient
from lamakit.losses.consistency import MultiScaleConsistencyLoss, multi_scale_consistency
from lamakit.losses.feature_matching import FeatureMatchingLoss, feature_matching
from lamakit.losses.frequency import FocalFrequencyLoss, focal_frequency
from lamakit.losses.glama import GlamaObjective
from lamakit.losses.gradient_penalty import r1_penalty
from lamakit.losses.logits import hinge, least_squares, non_saturating
from lamakit.losses.mask_weights import blurred_mask, emulated_distance_mask
from lamakit.losses.objective import LamaObjective, LossTerms, lama_objective
from lamakit.losses.perceptual import PerceptualLoss, perceptual
from lamakit.losses.pixel import MaskedL1Loss, masked_l1
from lamakit.losses.reduction import masked_mean
from lamakit.losses.spectrum import SpectrumLoss, spectrum_constraint
from lamakit.losses.texture import GramLoss, gram_distance, gram_matrix
from lamakit.losses.variation import TotalVariationLoss, total_variation
from lamakit.losses.wasserstein import SlicedWassersteinLoss, sliced_wasserstein
from lamakit.losses.weights import GlamaWeights, LamaWeights

__all__ = [
    "AdversarialLoss",
    "BoundaryGradientLoss",
    "FeatureMatchingLoss",
    "FocalFrequencyLoss",
    "GlamaObjective",
    "GlamaWeights",
    "GramLoss",
    "HingeLoss",
    "LamaObjective",
    "LamaWeights",
    "LeastSquaresLoss",
    "LossTerms",
    "MaskedL1Loss",
    "MultiScaleConsistencyLoss",
    "NonSaturatingLoss",
    "PerceptualLoss",
    "SlicedWassersteinLoss",
    "SpectrumLoss",
    "TotalVariationLoss",
    "blurred_mask",
    "boundary_gradient",
    "emulated_distance_mask",
    "feature_matching",
    "focal_frequency",
    "gram_distance",
    "gram_matrix",
    "hinge",
    "lama_objective",
    "least_squares",
    "masked_l1",
    "masked_mean",
    "multi_scale_consistency",
    "non_saturating",
    "perceptual",
    "r1_penalty",
    "resize_mask",
    "sliced_wasserstein",
    "spectrum_constraint",
    "total_variation",
]
