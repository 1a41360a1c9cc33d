"""Receptive fields, scale equivariance and spectra, of any network and any image."""

from lamakit.analysis.equivariance import scale_equivariance_error, shift_equivariance_error
from lamakit.analysis.receptive_field import (
    effective_receptive_field,
    receptive_field_growth,
    receptive_field_radius,
)
from lamakit.analysis.spectra import log_spectrum, radial_spectrum

__all__ = [
    "effective_receptive_field",
    "log_spectrum",
    "radial_spectrum",
    "receptive_field_growth",
    "receptive_field_radius",
    "scale_equivariance_error",
    "shift_equivariance_error",
]
