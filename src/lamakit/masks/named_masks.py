"""Mask presets by name."""

from __future__ import annotations

from typing import Any

from lamakit._registry import Registry
from lamakit.masks.glama import glama_general, lama_plus, unseen_combination
from lamakit.masks.lama import big_lama_training, deepfill_like, lama_training, medium, thick, thin
from lamakit.masks.sampler import MaskSampler

_PRESETS: Registry[MaskSampler] = Registry(
    "mask sampler",
    big_lama_training,
    deepfill_like,
    glama_general,
    lama_plus,
    lama_training,
    medium,
    thick,
    thin,
    unseen_combination,
)


def list_mask_samplers() -> list[str]:
    """Return the names of all presets, sorted.

    Example:
        >>> list_mask_samplers()[:4]
        ['big_lama_training', 'deepfill_like', 'glama_general', 'lama_plus']
    """
    return _PRESETS.names()


def create_mask_sampler(name: str, **overrides: Any) -> MaskSampler:
    """Create a preset by its name, such as one from a configuration file.

    Args:
        name: one of :func:`list_mask_samplers`.
        **overrides: arguments of the preset's function.

    Raises:
        ValueError: if no preset has that name; the message lists all names.
        TypeError: if the function has no such argument.

    Example:
        >>> create_mask_sampler("thick", resolution=512) == thick(512)
        True
    """
    return _PRESETS.create(name, overrides)
