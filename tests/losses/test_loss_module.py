"""What a loss prints."""

from __future__ import annotations

from lamakit.losses import FocalFrequencyLoss, HingeLoss, PerceptualLoss, SpectrumLoss
from tests.contract.losses import extractor


def test_settings_are_shown_in_order() -> None:
    assert repr(HingeLoss()) == "HingeLoss(mask_aware=True, mask_resize='nearest')"
    assert repr(FocalFrequencyLoss(alpha=2)).startswith("FocalFrequencyLoss(alpha=2, patch_factor=")
    assert repr(SpectrumLoss()) == "SpectrumLoss()"


def test_modules_are_shown_as_modules() -> None:
    lines = repr(PerceptualLoss(extractor(), layer_weights=(1, 2))).splitlines()
    assert lines[1].strip() == "layer_reduction='sum', layer_weights=(1, 2)"
    assert lines[2].strip().startswith("(extractor):")
