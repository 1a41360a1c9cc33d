"""Networks that tell real images from filled ones."""

from lamakit.discriminators.multiscale_discriminator import MultiScaleDiscriminator
from lamakit.discriminators.named_discriminators import create_discriminator, list_discriminators
from lamakit.discriminators.patch_discriminator import DiscriminatorOutput, PatchDiscriminator

__all__ = [
    "DiscriminatorOutput",
    "MultiScaleDiscriminator",
    "PatchDiscriminator",
    "create_discriminator",
    "list_discriminators",
]
