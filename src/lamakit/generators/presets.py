"""The published generators by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamakit._checks import look_up
from lamakit.generators.fourier import big_lama, lama_fourier, lama_fourier_shallow
from lamakit.generators.regular import lama_dilated, lama_regular, lama_regular_deep
from lamakit.generators.resnet import ResNetGenerator

__all__ = ["create_generator", "list_generators"]

_GENERATORS: dict[str, Callable[..., ResNetGenerator]] = {
    factory.__name__: factory
    for factory in (
        big_lama,
        lama_dilated,
        lama_fourier,
        lama_fourier_shallow,
        lama_regular,
        lama_regular_deep,
    )
}


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
    return look_up("generator", name, _GENERATORS)(**overrides)


def list_generators() -> list[str]:
    """The names that :func:`create_generator` knows, sorted.

    Example:
        >>> list_generators()[:3]
        ['big_lama', 'lama_dilated', 'lama_fourier']
    """
    return sorted(_GENERATORS)
