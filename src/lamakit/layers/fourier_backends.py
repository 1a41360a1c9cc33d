"""The choice of what computes the Fourier transforms of a whole model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TypeVar

from torch import nn

from lamakit._checks import check_one_of
from lamakit.layers.fourier import FOURIER_BACKENDS, FourierBackend
from lamakit.layers.spectral import FourierUnit

ModuleT = TypeVar("ModuleT", bound=nn.Module)


def set_fourier_backend(module: ModuleT, backend: FourierBackend) -> ModuleT:
    """Set what computes the Fourier transforms of a model, in place, and return the model.

    Both give the same output up to rounding, and the state dict stays as it is. "matmul" is slower,
    but it consists of real matrix products only. So it can be exported to ONNX and runs on devices
    without Fourier transforms or complex numbers.

    Args:
        module: any module; each :class:`FourierUnit` in it is set. One without any stays as it is.
        backend: "fft" for ``torch.fft``, what a new layer has; "matmul" for real matrix products.

    Raises:
        ValueError: if the backend is neither of these.

    Example:
        >>> import torch
        >>> from lamakit.layers import FFC
        >>> layer, x = FFC(8, 8, 3, ratio=0.5).eval(), torch.rand(1, 8, 15, 20)
        >>> expected = layer(x)
        >>> bool((set_fourier_backend(layer, "matmul")(x) - expected).abs().max() < 1e-5)
        True
    """
    check_one_of("backend", backend, FOURIER_BACKENDS)
    for unit in _fourier_units(module):
        unit.fourier_backend = backend
    return module


@contextlib.contextmanager
def fourier_backend(module: nn.Module, backend: FourierBackend) -> Iterator[None]:
    """Set what computes the Fourier transforms of a model while the context lasts.

    Afterwards each :class:`FourierUnit` has again what it had before.

    Args:
        module: any module, as for :func:`set_fourier_backend`.
        backend: "fft" or "matmul".

    Raises:
        ValueError: if the backend is neither of these.

    Example:
        >>> import torch
        >>> from lamakit.layers import FFC
        >>> layer = FFC(8, 8, 3, ratio=0.5).eval()
        >>> with fourier_backend(layer, "matmul"):
        ...     program = torch.export.export(layer, (torch.rand(1, 8, 15, 20),))
        >>> "fft" in str(program.graph)
        False
    """
    before = [(unit, unit.fourier_backend) for unit in _fourier_units(module)]
    set_fourier_backend(module, backend)
    try:
        yield
    finally:
        for unit, its_backend in before:
            unit.fourier_backend = its_backend


def _fourier_units(module: nn.Module) -> list[FourierUnit]:
    """Return the Fourier units in a module, itself included."""
    return [part for part in module.modules() if isinstance(part, FourierUnit)]
