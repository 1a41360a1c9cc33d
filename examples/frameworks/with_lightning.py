"""Train a small LaMa in Lightning.

python with_lightning.py photos --output checkpoints
"""

from __future__ import annotations

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from photos import Photos, make_parser
from torch import Tensor
from torch.optim import Adam, Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from typing_extensions import override

from lamakit.checkpoints import load_generator
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier
from lamakit.images import save_image, stack_inputs
from lamakit.inpainting import inpaint
from lamakit.losses import LamaObjective, PerceptualLoss


class Inpainting(lightning.LightningModule):
    """Both networks, the moving average of the generator, and their losses."""

    def __init__(self, photos: Photos, perceptual: PerceptualLoss | None = None) -> None:
        super().__init__()
        self.automatic_optimization = False  # there are two optimizers
        self.photos = photos
        self.model = lama_fourier(base_channels=8, num_blocks=1)  # small, for a CPU
        self.discriminator = PatchDiscriminator(base_channels=8)
        average = get_ema_multi_avg_fn(0.999)
        self.average = AveragedModel(self.model, multi_avg_fn=average, use_buffers=True)
        self.average.requires_grad_(requires_grad=False)
        # Moves with this module, and the perceptual network with it, but is not in its checkpoints.
        self.objective = LamaObjective(self.discriminator, perceptual=perceptual)

    @override
    def configure_optimizers(self) -> list[Optimizer]:
        return [
            Adam(self.model.parameters(), lr=1e-3),
            Adam(self.discriminator.parameters(), lr=1e-4),
        ]

    @override
    def on_train_epoch_start(self) -> None:
        self.photos.epoch.fill_(self.current_epoch)

    @override
    def training_step(self, batch: tuple[Tensor, Tensor]) -> None:
        image, mask = batch
        prediction = self.model(stack_inputs(image, mask))
        losses = self.objective.generator_loss, self.objective.discriminator_loss
        for optimizer, loss in zip(self.optimizers(), losses, strict=True):
            total, terms = loss(prediction, image, mask)
            optimizer.zero_grad()
            self.manual_backward(total)
            optimizer.step()
            self.log_dict(terms, prog_bar=True)
        self.average.update_parameters(self.model)


def main() -> None:
    """Train, then fill a hole with the weights that were saved."""
    parser = make_parser()
    parser.add_argument("--devices", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(0)
    photos = Photos(options.images)
    loader = DataLoader(
        photos, batch_size=4, shuffle=True, drop_last=True, num_workers=options.workers
    )
    checkpoints = ModelCheckpoint(options.output)
    trainer = lightning.Trainer(
        max_epochs=options.epochs,
        devices=options.devices,
        # Each of the two losses leaves the parameters of one network without a gradient.
        strategy="auto" if options.devices == 1 else "ddp_find_unused_parameters_true",
        callbacks=[checkpoints],
        log_every_n_steps=1,
    )
    trainer.fit(Inpainting(photos), loader)

    if trainer.is_global_zero:
        image, mask = (tensor[None] for tensor in photos[0])
        model = load_generator(checkpoints.best_model_path, key="average")
        save_image(inpaint(model, image, mask), "filled.png")


if __name__ == "__main__":
    main()
