"""Published weights into our modules, and back."""

from lamakit.checkpoints.published import (
    load_discriminator,
    load_generator,
    to_published_state_dict,
)

__all__ = ["load_discriminator", "load_generator", "to_published_state_dict"]
