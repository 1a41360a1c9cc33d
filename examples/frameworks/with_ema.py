"""Train a small LaMa, and keep the moving average of its weights (EMA).

python with_ema.py photos --output weights.pth
"""

from __future__ import annotations

import torch
from photos import Photos, make_parser
from torch.optim import Adam
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
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
    torch.manual_seed(0)
    photos = Photos(options.images)
    loader = DataLoader(
        photos, batch_size=4, shuffle=True, drop_last=True, num_workers=options.workers
    )
    model = lama_fourier(base_channels=8, num_blocks=1)  # small, for a CPU
    discriminator = PatchDiscriminator(base_channels=8)
    optimizers = Adam(model.parameters(), lr=1e-3), Adam(discriminator.parameters(), lr=1e-4)
    objective = LamaObjective(discriminator)
    losses = objective.generator_loss, objective.discriminator_loss
    # With use_buffers, BatchNorm's running mean and variance are averaged like the weights.
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999), use_buffers=True)

    for epoch in range(options.epochs):
        photos.epoch.fill_(epoch)
        for image, mask in loader:
            prediction = model(stack_inputs(image, mask))
            for optimizer, loss in zip(optimizers, losses, strict=True):
                total, terms = loss(prediction, image, mask)
                optimizer.zero_grad()
                total.backward()
                optimizer.step()
                print({name: f"{value:.3f}" for name, value in terms.items()})
            average.update_parameters(model)

    torch.save(average.state_dict(), options.output)
    image, mask = (tensor[None] for tensor in photos[0])
    save_image(inpaint(load_generator(options.output), image, mask), "filled.png")


if __name__ == "__main__":
    main()
