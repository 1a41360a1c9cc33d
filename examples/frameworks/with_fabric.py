"""Train a small LaMa in Lightning Fabric, with bfloat16.

python with_fabric.py photos --output weights.pth
"""

from __future__ import annotations

import torch
from lightning.fabric import Fabric
from photos import Photos, make_parser
from torch.optim import Adam
from torch.utils.data import DataLoader

from lamakit.checkpoints import load_generator
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier
from lamakit.images import save_image, stack_inputs
from lamakit.inpainting import inpaint
from lamakit.losses import LamaObjective


def main() -> None:
    """Train, then fill a hole with the weights that were saved."""
    parser = make_parser()
    parser.add_argument("--devices", type=int, default=1)
    options = parser.parse_args()
    fabric = Fabric(devices=options.devices, precision="bf16-mixed")
    fabric.launch()
    torch.manual_seed(0)
    photos = Photos(options.images)
    loader = fabric.setup_dataloaders(
        DataLoader(photos, batch_size=4, shuffle=True, drop_last=True, num_workers=options.workers)
    )
    generator = lama_fourier(base_channels=8, num_blocks=1)  # small, for a CPU
    patches = PatchDiscriminator(base_channels=8)
    model, optimizer = fabric.setup(generator, Adam(generator.parameters(), lr=1e-3))
    discriminator, other = fabric.setup(patches, Adam(patches.parameters(), lr=1e-4))
    # Built with the discriminator as Fabric wraps it; it moves the perceptual network, if any.
    objective = LamaObjective(discriminator).to(fabric.device)
    halves = (optimizer, objective.generator_loss), (other, objective.discriminator_loss)

    for epoch in range(options.epochs):
        photos.epoch.fill_(epoch)
        for image, mask in loader:
            prediction = model(stack_inputs(image, mask))
            for each, loss in halves:
                total, terms = loss(prediction, image, mask)
                each.zero_grad()
                fabric.backward(total)
                each.step()
                fabric.print({name: f"{value:.3f}" for name, value in terms.items()})

    fabric.save(options.output, {"model": model, "discriminator": discriminator})
    if fabric.is_global_zero:
        image, mask = (tensor[None] for tensor in photos[0])
        filled = inpaint(load_generator(options.output, key="model"), image, mask)
        save_image(filled, "filled.png")


if __name__ == "__main__":
    main()
