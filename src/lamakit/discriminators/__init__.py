"""Networks that tell real images from filled ones."""

from lamakit.discriminators.multiscale import MultiScaleDiscriminator
from lamakit.discriminators.patch import DiscriminatorOutput, PatchDiscriminator
from lamakit.discriminators.presets import create_discriminator, list_discriminators

__all__ = [
    "DiscriminatorOutput",
    "MultiScaleDiscriminator",
    "PatchDiscriminator",
    "create_discriminator",
    "list_discriminators",
]
