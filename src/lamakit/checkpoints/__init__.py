"""Published weights loaded into networks, and networks saved."""

from lamakit.checkpoints.checkpoint import Checkpoint, read_checkpoint
from lamakit.checkpoints.downloads import download
from lamakit.checkpoints.hub import from_hub, push_to_hub
from lamakit.checkpoints.input_channels import adapt_input_channels
from lamakit.checkpoints.loading import load_discriminator, load_generator
from lamakit.checkpoints.published_names import to_published_state_dict
from lamakit.checkpoints.saving import save_generator
from lamakit.checkpoints.shipped_weights import load_pretrained

__all__ = [
    "Checkpoint",
    "adapt_input_channels",
    "download",
    "from_hub",
    "load_discriminator",
    "load_generator",
    "load_pretrained",
    "push_to_hub",
    "read_checkpoint",
    "save_generator",
    "to_published_state_dict",
]
