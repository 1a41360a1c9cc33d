"""The published mask policies by name."""

from __future__ import annotations

from typing import Any

from lamakit._registry import Registry
from lamakit.masks.glama import glama_general, lama_plus, unseen_combination
from lamakit.masks.lama import big_lama_training, deepfill_like, lama_training, medium, thick, thin
from lamakit.masks.sampler import MaskSampler

__all__ = ["create_mask_sampler", "list_mask_samplers"]

_SAMPLERS: Registry[MaskSampler] = Registry(
    "mask sampler",
    thin,
    medium,
    thick,
    lama_training,
    big_lama_training,
    lama_plus,
    deepfill_like,
    glama_general,
    unseen_combination,
)


def create_mask_sampler(name: str, **overrides: Any) -> MaskSampler:
    """The mask sampler of that name, as a configuration file would ask for it.

    Args:
        name: one of :func:`list_mask_samplers`.
        **overrides: passed to the factory function of that name.

    Raises:
        ValueError: if no sampler has that name; the message lists those that exist.
        TypeError: if the factory has no such argument.

    Example:
        >>> create_mask_sampler("thick", resolution=512) == thick(512)
        True
    """
    return _SAMPLERS.create(name, overrides)


def list_mask_samplers() -> list[str]:
    """The names that :func:`create_mask_sampler` knows, sorted.

    Example:
        >>> list_mask_samplers()[:4]
        ['big_lama_training', 'deepfill_like', 'glama_general', 'lama_plus']
    """
    return _SAMPLERS.names()
