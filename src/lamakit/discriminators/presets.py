"""The discriminators by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamakit._checks import look_up
from lamakit.discriminators.multiscale import MultiScaleDiscriminator
from lamakit.discriminators.patch import PatchDiscriminator

__all__ = ["create_discriminator", "list_discriminators"]

_DISCRIMINATORS: dict[str, Callable[..., PatchDiscriminator | MultiScaleDiscriminator]] = {
    "patch": PatchDiscriminator,
    "multi_scale": MultiScaleDiscriminator,
}


def create_discriminator(
    name: str, **overrides: Any
) -> PatchDiscriminator | MultiScaleDiscriminator:
    """The discriminator of that name, as a configuration file would ask for it.

    Args:
        name: one of :func:`list_discriminators`.
        **overrides: passed to the class of that name.

    Raises:
        ValueError: if no discriminator has that name; the message lists those that exist.
        TypeError: if the class has no such argument.

    Example:
        >>> len(create_discriminator("patch", base_channels=8, num_layers=3).stages)
        4
    """
    return look_up("discriminator", name, _DISCRIMINATORS)(**overrides)


def list_discriminators() -> list[str]:
    """The names that :func:`create_discriminator` knows, sorted.

    Example:
        >>> list_discriminators()
        ['multi_scale', 'patch']
    """
    return sorted(_DISCRIMINATORS)
