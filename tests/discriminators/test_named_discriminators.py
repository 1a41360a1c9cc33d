"""Discriminators by name."""

from __future__ import annotations

import pytest

from lamakit.discriminators import (
    MultiScaleDiscriminator,
    PatchDiscriminator,
    create_discriminator,
    list_discriminators,
)


def test_factories_are_found_by_name() -> None:
    assert list_discriminators() == ["multi_scale", "patch"]
    assert isinstance(create_discriminator("patch", base_channels=4), PatchDiscriminator)
    multi_scale = create_discriminator("multi_scale", base_channels=4, num_scales=3)
    assert isinstance(multi_scale, MultiScaleDiscriminator)
    with pytest.raises(
        ValueError, match="no discriminator is called 'pixel'; known are multi_scale, patch"
    ):
        create_discriminator("pixel")
    with pytest.raises(TypeError, match="unexpected keyword argument 'depth'"):
        create_discriminator("patch", depth=3)
