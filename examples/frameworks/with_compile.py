"""Train a small LaMa whose generator is compiled; this needs a C++ compiler.

python with_compile.py photos --output weights.safetensors
"""

from __future__ import annotations

import torch
from photos import Photos, make_parser
from torch.optim import Adam
from torch.utils.data import DataLoader

from lamakit.checkpoints import load_generator, save_generator
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier
from lamakit.images import save_image, stack_inputs
from lamakit.inpainting import inpaint
from lamakit.losses import LamaObjective


def main() -> None:
    """Train, then fill a hole with the weights that were saved."""
    parser = make_parser()
    parser.add_argument("--backend", default="inductor", help="that of torch.compile")
    options = parser.parse_args()
    torch.manual_seed(0)
    photos = Photos(options.images)
    loader = DataLoader(
        photos, batch_size=4, shuffle=True, drop_last=True, num_workers=options.workers
    )
    model = lama_fourier(base_channels=8, num_blocks=1)  # small, for a CPU
    compiled = torch.compile(model, backend=options.backend)
    discriminator = PatchDiscriminator(base_channels=8)  # not compiled: see R1
    optimizers = Adam(model.parameters(), lr=1e-3), Adam(discriminator.parameters(), lr=1e-4)
    objective = LamaObjective(discriminator)
    losses = objective.generator_loss, objective.discriminator_loss

    for epoch in range(options.epochs):
        photos.epoch.fill_(epoch)
        for image, mask in loader:
            prediction = compiled(stack_inputs(image, mask))
            for optimizer, loss in zip(optimizers, losses, strict=True):
                total, terms = loss(prediction, image, mask)
                optimizer.zero_grad()
                total.backward()
                optimizer.step()
                print({name: f"{value:.3f}" for name, value in terms.items()})

    save_generator(model, options.output)
    image, mask = (tensor[None] for tensor in photos[0])
    save_image(inpaint(load_generator(options.output), image, mask), "filled.png")


if __name__ == "__main__":
    main()
