"""The published generators by name."""

from __future__ import annotations

from typing import Any

from lamakit._registry import Registry
from lamakit.generators.fourier_generators import big_lama, lama_fourier, lama_fourier_shallow
from lamakit.generators.regular_generators import lama_dilated, lama_regular, lama_regular_deep
from lamakit.generators.resnet_generator import ResNetGenerator

_FOURIER = (big_lama, lama_fourier, lama_fourier_shallow)
_REGULAR = (lama_dilated, lama_regular, lama_regular_deep)
_GENERATORS: Registry[ResNetGenerator] = Registry("generator", *_FOURIER, *_REGULAR)


def create_generator(name: str, **overrides: Any) -> ResNetGenerator:
    """Build the generator of that name.

    This serves configuration files. In code, call the factory function of that name.

    Args:
        name: one of :func:`list_generators`.
        **overrides: arguments of the factory function of that name.

    Raises:
        ValueError: if the name is unknown; the message lists the known ones. Also as the factory.
        TypeError: if the factory has no such argument.

    Example:
        >>> create_generator("big_lama", base_channels=8).min_size
        16
    """
    return _GENERATORS.create(name, overrides)


def list_generators() -> list[str]:
    """Return the names of all generators, sorted.

    Example:
        >>> list_generators()[:3]
        ['big_lama', 'lama_dilated', 'lama_fourier']
    """
    return _GENERATORS.names()
