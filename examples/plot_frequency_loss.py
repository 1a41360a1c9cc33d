"""What do spectra show, and what changes them?
============================================

A filled hole may look right and still have a grid of ripples. They are hard to see in the image and
easy to see in its spectrum: bright dots where the spectrum of the photograph has none. Against
them, GLaMa adds two terms to LaMa's objective: the focal frequency loss and total variation (TV).
Here three tiny networks learn the same task: with neither term, with TV, and with both.
"""

# %%
# A task in which ripples are strong: one of every 3x3 pixels is known, as after enlarging an image
# without interpolation. The left two thirds of each photograph are for training, the right third
# is held out.

from __future__ import annotations

import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from skimage import data
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from tqdm import tqdm

from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier
from lamakit.images import stack_inputs
from lamakit.inpainting import inpaint
from lamakit.losses import (
    FocalFrequencyLoss,
    GlamaObjective,
    GlamaWeights,
    TotalVariationLoss,
    masked_mean,
)

PHOTOS, SIDE, BATCH, SECONDS = ("astronaut", "chelsea", "coffee", "rocket"), 48, 8, 60

photos = [torch.from_numpy(getattr(data, name)() / 255).permute(2, 0, 1).float() for name in PHOTOS]
edges = [2 * photo.shape[2] // 3 for photo in photos]
training = [photo[..., :edge] for photo, edge in zip(photos, edges, strict=True)]
held_out = [photo[..., edge:] for photo, edge in zip(photos, edges, strict=True)]

MASK = torch.ones(1, 1, SIDE, SIDE)
MASK[..., 1::3, 1::3] = 0


def draw_crops(images: list[Tensor], n: int, generator: torch.Generator) -> Tensor:
    """Return random crops of the photographs."""
    crops = []
    for _ in range(n):
        image = images[int(torch.randint(len(images), (), generator=generator))]
        y, x = (
            int(torch.randint(side - SIDE + 1, (), generator=generator)) for side in image.shape[1:]
        )
        crops.append(image[:, y : y + SIDE, x : x + SIDE])
    return torch.stack(crops)


# %%
# Three networks with the same initial weights, each with its own discriminator. They train on the
# same crops in turn, so that all take the same number of steps. "LaMa" is the part of the objective
# that GLaMa's eq. 7 calls so, without the perceptual loss. In lamakit, total variation is a mean
# over pixels, where GLaMa prints a sum, and the focal frequency loss divides its weights by their
# maximum, as Jiang et al. do and GLaMa does not. So the published weights of 1 have almost no
# effect. On this task the weights 20 and 100 show the most; those of ``GlamaWeights.balanced()``
# are for GLaMa's own masks.

WEIGHTS = {
    "LaMa": GlamaWeights(total_variation=0, focal_frequency=0),
    "with TV": GlamaWeights(total_variation=20, focal_frequency=0),
    "with TV and FFL": GlamaWeights(total_variation=20, focal_frequency=100),
}
RATES = (2e-3, 1e-3)  # of the generator and the discriminator


class Run:
    """A generator, its discriminator, and one step of both."""

    def __init__(self, weights: GlamaWeights) -> None:
        torch.manual_seed(0)
        self.model = lama_fourier(base_channels=8, num_blocks=2, num_downsamplings=2)
        self.discriminator = PatchDiscriminator(base_channels=8, num_layers=2)
        self.objective = GlamaObjective(self.discriminator, weights=weights)
        self.optimizers = [
            torch.optim.Adam(network.parameters()) for network in (self.model, self.discriminator)
        ]

    def step(self, image: Tensor, mask: Tensor, progress: float) -> None:
        """Train both networks for one step, with a learning rate that falls with progress."""
        prediction = self.model(stack_inputs(image, mask))
        losses = [self.objective.generator_loss, self.objective.discriminator_loss]
        for optimizer, rate, loss in zip(self.optimizers, RATES, losses, strict=True):
            group = optimizer.param_groups[0]
            group["lr"] = rate * (1 - progress)
            optimizer.zero_grad()
            loss(prediction, image, mask).total.backward()
            clip_grad_norm_(group["params"], 1)
            optimizer.step()


runs = {name: Run(weights) for name, weights in WEIGHTS.items()}
generator = torch.Generator().manual_seed(0)
steps, start, elapsed = 0, time.perf_counter(), 0.0
with tqdm(total=SECONDS, desc="training", bar_format="{l_bar}{bar}| {n:.0f} s") as bar:
    while elapsed < SECONDS:
        image = draw_crops(training, BATCH, generator)
        for run in runs.values():
            run.step(image, MASK.expand(BATCH, -1, -1, -1), elapsed / SECONDS)
        steps += 1
        elapsed = time.perf_counter() - start
        bar.update(min(elapsed, SECONDS) - bar.n)

# %%
# A small version of GLaMa's Table 3, with measures that need no network: the mean absolute
# difference in the hole; the focal frequency loss; the mean absolute difference between the
# logarithms of the mean spectra; and total variation, which should equal that of the photographs.

image = draw_crops(held_out, 64, torch.Generator().manual_seed(1))
mask = MASK.expand(len(image), -1, -1, -1)
filled = {"photograph": image}
with torch.inference_mode():
    for name, run in runs.items():
        filled[name] = inpaint(run.model.eval(), image, mask)


def mean_spectrum(images: Tensor) -> Tensor:
    """Return the logarithm of each frequency's mean magnitude, frequency 0 in the middle."""
    magnitude = torch.fft.fft2(images - images.mean((2, 3), keepdim=True), norm="ortho").abs()
    centred: Tensor = torch.fft.fftshift(magnitude.mean((0, 1)))
    return (centred + 1e-3).log10()


spectra = {name: mean_spectrum(images) for name, images in filled.items()}
frequency, variation = FocalFrequencyLoss(), TotalVariationLoss(beta=1)
print(f"{steps} steps each")
print(f"{'':16} L1 in hole  focal frequency  log spectrum  total variation")
for name, images in filled.items():
    l1 = float(masked_mean((images - image).abs(), mask))
    distance = float((spectra[name] - spectra["photograph"]).abs().mean())
    focal, total = float(frequency(images, image)), float(variation(images))
    print(f"{name:16} {l1:10.4f}  {focal:15.5f}  {distance:12.4f}  {total:15.4f}")

# %%
# Top: a held-out crop. Middle: the mean spectrum of all held-out crops, low frequencies in the
# centre. Bottom: the difference to the spectrum of the photographs; red is too much, blue too
# little. The dots lie at multiples of 1/12 cycle per pixel: the known pixels repeat every 3 pixels
# and the network, which halves the size twice, every 4, so both together repeat every 12.

figure, axes = plt.subplots(3, len(filled), figsize=(10, 7.4), layout="constrained")
low, high = (float(np.quantile(spectra["photograph"].numpy(), q)) for q in (0.01, 0.995))
for column, (name, images) in zip(axes.T, filled.items(), strict=True):
    column[0].imshow(images[1].permute(1, 2, 0).clamp(0, 1).numpy())
    column[0].set_title(name)
    column[1].imshow(spectra[name].numpy(), cmap="magma", vmin=low, vmax=high)
    difference = spectra[name] - spectra["photograph"]
    drawn = column[2].imshow(difference.numpy(), cmap="RdBu_r", vmin=-0.5, vmax=0.5)
    for axis in column:
        axis.set(xticks=[], yticks=[])
figure.colorbar(drawn, ax=axes[2], shrink=0.8, label="log10")
plt.show()
