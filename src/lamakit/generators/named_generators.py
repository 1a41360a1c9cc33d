"""The published generators by name."""

from __future__ import annotations

from typing import Any

from lamakit._registry import Registry
from lamakit.generators.fourier_generators import big_lama, lama_fourier, lama_fourier_shallow
from lamakit.generators.regular_generators import lama_dilated, lama_regular, lama_regular_deep
from lamakit.generators.resnet_generator import ResNetGenerator

__all__ = ["create_generator", "list_generators"]

_GENERATORS: Registry[ResNetGenerator] = Registry(
    "generator",
    big_lama,
    lama_dilated,
    lama_fourier,
    lama_fourier_shallow,
    lama_regular,
    lama_regular_deep,
)


def create_generator(name: str, **overrides: Any) -> ResNetGenerator:
    """The generator of that name, as a configuration file would ask for it.

    Args:
        name: one of :func:`list_generators`.
        **overrides: passed to the factory function of that name.

    Raises:
        ValueError: if no generator has that name; the message lists those that exist.
        TypeError: if the factory has no such argument.

    Example:
        >>> create_generator("big_lama", base_channels=8).min_size
        16
    """
    return _GENERATORS.create(name, overrides)


def list_generators() -> list[str]:
    """The names that :func:`create_generator` knows, sorted.

    Example:
        >>> list_generators()[:3]
        ['big_lama', 'lama_dilated', 'lama_fourier']
    """
    return _GENERATORS.names()
