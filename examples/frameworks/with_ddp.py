"""Train a small LaMa in several processes, with DistributedDataParallel.

torchrun --nproc_per_node 2 with_ddp.py photos --output weights.pth
"""

from __future__ import annotations

import os

import torch
from photos import Photos, make_parser
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Adam
from torch.utils.data import DataLoader, DistributedSampler

from lamakit.checkpoints import load_generator
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier
from lamakit.images import save_image, stack_inputs
from lamakit.inpainting import inpaint
from lamakit.losses import LamaObjective


def main() -> None:
    """Train, then fill a hole with the weights that were saved."""
    options = make_parser().parse_args()
    has_gpus = torch.cuda.is_available()
    distributed.init_process_group("nccl" if has_gpus else "gloo")
    device = "cuda" if has_gpus else "cpu"
    if has_gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    torch.manual_seed(0)
    photos = Photos(options.images)
    sampler: DistributedSampler[tuple[Tensor, Tensor]] = DistributedSampler(photos, drop_last=True)
    loader = DataLoader(
        photos, batch_size=2, sampler=sampler, drop_last=True, num_workers=options.workers
    )
    generator: nn.Module = lama_fourier(base_channels=8, num_blocks=1)  # small, for a CPU
    if has_gpus:  # not in the discriminator: R1 takes its second derivative
        generator = nn.SyncBatchNorm.convert_sync_batchnorm(generator)
    model = DistributedDataParallel(generator.to(device))
    discriminator = DistributedDataParallel(PatchDiscriminator(base_channels=8).to(device))
    optimizers = Adam(model.parameters(), lr=1e-3), Adam(discriminator.parameters(), lr=1e-4)
    # Built with the discriminator as it is wrapped; it moves the perceptual network, if any.
    objective = LamaObjective(discriminator).to(device)
    losses = objective.generator_loss, objective.discriminator_loss

    for epoch in range(options.epochs):
        sampler.set_epoch(epoch)
        photos.epoch.fill_(epoch)
        for batch in loader:
            image, mask = (tensor.to(device) for tensor in batch)
            prediction = model(stack_inputs(image, mask))
            for optimizer, loss in zip(optimizers, losses, strict=True):
                total, terms = loss(prediction, image, mask)
                optimizer.zero_grad()
                total.backward()
                optimizer.step()
                print({name: f"{value:.3f}" for name, value in terms.items()})

    if distributed.get_rank() == 0:
        torch.save(model.state_dict(), options.output)
        image, mask = (tensor[None] for tensor in photos[0])
        save_image(inpaint(load_generator(options.output), image, mask), "filled.png")
    distributed.destroy_process_group()


if __name__ == "__main__":
    main()
