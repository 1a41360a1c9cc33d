"""The discriminators by name."""

from __future__ import annotations

from typing import Any

from lamakit._registry import Registry
from lamakit.discriminators.multiscale_discriminator import MultiScaleDiscriminator
from lamakit.discriminators.patch_discriminator import PatchDiscriminator

__all__ = ["create_discriminator", "list_discriminators"]

_DISCRIMINATORS: Registry[PatchDiscriminator | MultiScaleDiscriminator] = Registry(
    "discriminator", patch=PatchDiscriminator, multi_scale=MultiScaleDiscriminator
)


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
    return _DISCRIMINATORS.create(name, overrides)


def list_discriminators() -> list[str]:
    """The names that :func:`create_discriminator` knows, sorted.

    Example:
        >>> list_discriminators()
        ['multi_scale', 'patch']
    """
    return _DISCRIMINATORS.names()
