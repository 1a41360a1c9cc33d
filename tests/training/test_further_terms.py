"""Further terms: only those with a weight, with that weight."""

from __future__ import annotations

import torch

from lamakit.generators import lama_fourier
from lamakit.losses import log_spectral_loss, ssim_loss
from lamakit.training import TrainingSettings
from lamakit.training.consistency import ScaleConsistency
from lamakit.training.further_terms import build_further_terms
from tests.training.networks import draw_batch


def test_no_terms_by_default() -> None:
    assert build_further_terms(TrainingSettings(images="photos")) == {}


def test_terms_have_their_weights() -> None:
    settings = TrainingSettings(
        images="photos",
        consistency_scales=(0.5,),
        consistency_weight=3.0,
        spectral_weight=0.25,
        ssim_weight=0.5,
    )
    terms = build_further_terms(settings)
    assert terms["consistency"] == ScaleConsistency(scales=(0.5,), weight=3.0)
    image, mask = draw_batch()
    model, prediction = lama_fourier(base_channels=4, num_blocks=1), torch.rand_like(image)
    found = terms["log_spectral"](model, prediction, image, mask)
    torch.testing.assert_close(found, 0.25 * log_spectral_loss(prediction, image, mask))
    found = terms["ssim"](model, prediction, image, mask)
    torch.testing.assert_close(found, 0.5 * ssim_loss(prediction, image, mask))
