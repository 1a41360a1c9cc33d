"""Losses for inpainting networks, each usable alone, and the objectives of LaMa and GLaMa."""

from lamakit.losses.adversarial import AdversarialLoss, resize_mask
from lamakit.losses.boundary_gradient import BoundaryGradientLoss, boundary_gradient_loss
from lamakit.losses.distance_weights import blurred_mask, emulated_distance_mask
from lamakit.losses.feature_matching import FeatureMatchingLoss, feature_matching_loss
from lamakit.losses.focal_frequency import FocalFrequencyLoss, focal_frequency_loss
from lamakit.losses.gram import GramLoss, gram_loss, gram_matrix
from lamakit.losses.hinge import HingeLoss, hinge_loss
from lamakit.losses.least_squares import LeastSquaresLoss, least_squares_loss
from lamakit.losses.log_spectral import LogSpectralLoss, log_spectral_loss
from lamakit.losses.masked_l1 import MaskedL1Loss, masked_l1_loss
from lamakit.losses.multi_scale_consistency import (
    MultiScaleConsistencyLoss,
    multi_scale_consistency_loss,
)
from lamakit.losses.non_saturating import NonSaturatingLoss, non_saturating_loss
from lamakit.losses.objective_glama import GlamaObjective
from lamakit.losses.objective_lama import LamaObjective
from lamakit.losses.objective_published import lama_objective
from lamakit.losses.objective_terms import LossTerms
from lamakit.losses.objective_weights import GlamaWeights, LamaWeights
from lamakit.losses.perceptual import PerceptualLoss, perceptual_loss
from lamakit.losses.r1 import r1_penalty
from lamakit.losses.reduction import masked_mean
from lamakit.losses.sliced_wasserstein import SlicedWassersteinLoss, sliced_wasserstein_loss
from lamakit.losses.spectrum import SpectrumLoss, spectrum_loss
from lamakit.losses.ssim import SSIMLoss, ssim_loss
from lamakit.losses.total_variation import TotalVariationLoss, total_variation_loss

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
    "LogSpectralLoss",
    "LossTerms",
    "MaskedL1Loss",
    "MultiScaleConsistencyLoss",
    "NonSaturatingLoss",
    "PerceptualLoss",
    "SSIMLoss",
    "SlicedWassersteinLoss",
    "SpectrumLoss",
    "TotalVariationLoss",
    "blurred_mask",
    "boundary_gradient_loss",
    "emulated_distance_mask",
    "feature_matching_loss",
    "focal_frequency_loss",
    "gram_loss",
    "gram_matrix",
    "hinge_loss",
    "lama_objective",
    "least_squares_loss",
    "log_spectral_loss",
    "masked_l1_loss",
    "masked_mean",
    "multi_scale_consistency_loss",
    "non_saturating_loss",
    "perceptual_loss",
    "r1_penalty",
    "resize_mask",
    "sliced_wasserstein_loss",
    "spectrum_loss",
    "ssim_loss",
    "total_variation_loss",
]
