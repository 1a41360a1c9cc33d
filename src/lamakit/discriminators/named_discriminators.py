"""The discriminators by name."""

from __future__ import annotations

from typing import Any

from lamakit._registry import Registry
from lamakit.discriminators.multiscale_discriminator import MultiScaleDiscriminator
from lamakit.discriminators.patch_discriminator import PatchDiscriminator

_DISCRIMINATORS: Registry[PatchDiscriminator | MultiScaleDiscriminator] = Registry(
    "discriminator", patch=PatchDiscriminator, multi_scale=MultiScaleDiscriminator
)


def create_discriminator(
    name: str, **overrides: Any
) -> PatchDiscriminator | MultiScaleDiscriminator:
    """Build the discriminator of that name, given for example in a configuration file.

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
    """Return the names of all discriminators, sorted.

    Example:
        >>> list_discriminators()
        ['multi_scale', 'patch']
    """
    return _DISCRIMINATORS.names()
