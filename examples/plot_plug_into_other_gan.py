"""Can any GAN use these losses?
=============================

This GAN was not written for lamakit: a small convolutional generator and discriminator as in DCGAN,
images in [-1, 1], masks that are 1 where a pixel is known. Ten lines give it masks, an adversarial
loss, R1 and feature matching from lamakit, and it learns to fill holes in textures.
"""

# %%
# The GAN's networks. The discriminator has one logit for each of 4x4 patches, and also returns its
# features.

from __future__ import annotations

import time
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from skimage import data
from torch import Tensor, nn
from tqdm import tqdm

from lamakit.losses import HingeLoss, MaskedL1Loss, feature_matching_loss, r1_penalty
from lamakit.masks import Boxes

PHOTO, SIDE, BATCH, SECONDS = "coffee", 32, 16, 25


class Generator(nn.Sequential):
    """A network from an image with a hole and a mask of known pixels to an image in [-1, 1]."""

    def __init__(self, width: int = 32) -> None:
        super().__init__(
            nn.Conv2d(4, width, 4, 2, 1),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 4, 2, 1),
            nn.BatchNorm2d(4 * width),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 3, 4, 2, 1),
            nn.Tanh(),
        )


class Discriminator(nn.Module):
    """A network from an image in [-1, 1] to the logits of 4x4 patches and its feature maps."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        widths = (3, width, 2 * width, 4 * width)
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(0.2))
            for inputs, outputs in pairwise(widths)
        )
        self.head = nn.Conv2d(4 * width, 1, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the logits and the features."""
        features = []
        for stage in self.stages:
            image = stage(image)
            features.append(image)
        return self.head(image), features


def draw_images(photo: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Return random crops of the photograph."""
    corners = [
        torch.randint(side - SIDE + 1, (n,), generator=generator) for side in photo.shape[1:]
    ]
    return torch.stack(
        [photo[:, y : y + SIDE, x : x + SIDE] for y, x in zip(*corners, strict=True)]
    )


# %%
# The losses of one training step, of which ten lines use lamakit. lamakit's masks are 1 where a
# pixel is missing, so the GAN's mask of known pixels is ``1 - mask``. These losses take images of
# any range, also [-1, 1]; a perceptual loss would need ``(image + 1) / 2``.

masks = Boxes(min_times=1, max_times=1, min_size=8, max_size=16, margin=2)
pixels = MaskedL1Loss(weight_known=5, weight_missing=5, per_region=True)
adversarial = HingeLoss(mask_resize="max")


def losses_of_generator(
    discriminator: nn.Module, made: Tensor, image: Tensor, mask: Tensor
) -> Tensor:
    """Return the loss of the generator."""
    logits, features = discriminator(made)
    with torch.no_grad():
        _, true_features = discriminator(image)
    loss: Tensor = pixels(made, image, mask)
    loss = loss + adversarial.generator_loss(logits)
    return loss + 20 * feature_matching_loss(features, true_features, distance="l1")


def losses_of_discriminator(
    discriminator: nn.Module, made: Tensor, image: Tensor, mask: Tensor
) -> Tensor:
    """Return the loss of the discriminator."""
    seen = image.detach().requires_grad_()
    logits, _ = discriminator(seen)
    made_logits, _ = discriminator(made.detach())
    loss = adversarial.discriminator_loss(logits, made_logits, mask)
    return loss + 0.1 * r1_penalty(logits, seen)


# %%
# The rest is the GAN's own: two optimisers, one for each network, and a loop that stops
# after half a minute.

torch.manual_seed(0)
generator = torch.Generator().manual_seed(0)
photo = torch.from_numpy(getattr(data, PHOTO)() / 127.5 - 1).float().permute(2, 0, 1)
model, discriminator = Generator(), Discriminator()
optimizers = [
    torch.optim.Adam(net.parameters(), 2e-3, (0.5, 0.9)) for net in (model, discriminator)
]


def fill(image: Tensor, mask: Tensor) -> Tensor:
    """Return the generator's image for an image with a hole."""
    known = 1 - mask
    made: Tensor = model(torch.cat([image * known, known], dim=1))
    return made


history = []
start, elapsed = time.perf_counter(), 0.0
with tqdm(total=SECONDS, desc="training", bar_format="{l_bar}{bar}| {n:.0f} s") as bar:
    while elapsed < SECONDS:
        image = draw_images(photo, BATCH, generator)
        mask = masks.batch(BATCH, (SIDE, SIDE), generator=generator)
        made = fill(image, mask)
        losses = [losses_of_generator, losses_of_discriminator]
        for optimizer, losses_of in zip(optimizers, losses, strict=True):
            loss = losses_of(discriminator, made, image, mask)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        error = ((made.detach() - image).abs() * mask).sum() / (3 * mask.sum())
        history.append(error.item() / 2)
        elapsed = time.perf_counter() - start
        bar.update(min(elapsed, SECONDS) - bar.n)

tenth = len(history) // 10
print(f"{len(history)} steps; L1 in the hole, of values from 0 to 1:")
print(f"first tenth {sum(history[:tenth]) / tenth:.3f}, last {sum(history[-tenth:]) / tenth:.3f}")

# %%
# Eight images with holes, filled by the generator.

model.eval()
image = draw_images(photo, 8, generator)
mask = masks.batch(8, (SIDE, SIDE), generator=generator)
with torch.inference_mode():
    filled = torch.where(mask > 0, fill(image, mask), image)

rows = {"with holes": torch.where(mask > 0, 1, image), "filled": filled, "true": image}
figure, axes = plt.subplots(len(rows), 8, figsize=(11, 4.4), layout="constrained")
for line, (title, images) in zip(axes, rows.items(), strict=True):
    for axis, picture in zip(line, images, strict=True):
        axis.imshow((picture.permute(1, 2, 0).numpy() + 1) / 2)
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    line[0].set_ylabel(title)
plt.show()
