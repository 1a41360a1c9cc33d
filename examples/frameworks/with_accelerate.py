"""Train a small LaMa with accelerate: two batches a step, with bfloat16.

accelerate launch with_accelerate.py photos --output weights.pth
"""

from __future__ import annotations

import torch
from accelerate import Accelerator
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
    options = make_parser().parse_args()
    accelerator = Accelerator(gradient_accumulation_steps=2, mixed_precision="bf16")
    torch.manual_seed(0)
    photos = Photos(options.images)
    loader = DataLoader(
        photos, batch_size=2, shuffle=True, drop_last=True, num_workers=options.workers
    )
    model = lama_fourier(base_channels=8, num_blocks=1)  # small, for a CPU
    discriminator = PatchDiscriminator(base_channels=8)
    optimizers = Adam(model.parameters(), lr=1e-3), Adam(discriminator.parameters(), lr=1e-4)
    model, discriminator, loader, *optimizers = accelerator.prepare(
        model, discriminator, loader, *optimizers
    )
    # Built with the discriminator as accelerate wraps it; it moves the perceptual network, if any.
    objective = LamaObjective(discriminator).to(accelerator.device)
    losses = objective.generator_loss, objective.discriminator_loss

    for epoch in range(options.epochs):
        photos.epoch.fill_(epoch)
        for image, mask in loader:
            with accelerator.accumulate(model, discriminator):
                prediction = model(stack_inputs(image, mask))
                for optimizer, loss in zip(optimizers, losses, strict=True):
                    total, terms = loss(prediction, image, mask)
                    accelerator.backward(total)
                    optimizer.step()
                    optimizer.zero_grad()
                    accelerator.print({name: f"{value:.3f}" for name, value in terms.items()})

    accelerator.save(accelerator.unwrap_model(model).state_dict(), options.output)
    if accelerator.is_main_process:
        image, mask = (tensor[None] for tensor in photos[0])
        save_image(inpaint(load_generator(options.output), image, mask), "filled.png")


if __name__ == "__main__":
    main()
