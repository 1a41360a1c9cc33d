"""Does it train?
==============

A tiny LaMa learns to fill holes in about 100 seconds on a CPU: 16 base channels, crops of four
photographs that come with scikit-image, and LaMa's objective without the perceptual loss, which
needs pretrained weights. Missing pixels are never compared with the true ones: the generator learns
them from the discriminator alone. The curves show every term of the losses and the norms of their
gradients; the pictures are held out from training.
"""

# %%
# The left two thirds of each photograph are for training, the right third is held out. Holes are
# LaMa's thin, medium and thick masks, each a third of the time.

from __future__ import annotations

import argparse
import math
import time
from collections import defaultdict
from functools import partial

import matplotlib.pyplot as plt
import torch
from PIL import Image
from skimage import data
from torch import Tensor, nn
from tqdm import tqdm

from lamakit.discriminators import DiscriminatorOutput, PatchDiscriminator
from lamakit.generators import lama_fourier
from lamakit.images import composite
from lamakit.inpainting import inpaint
from lamakit.losses import LamaObjective, masked_mean, resize_mask
from lamakit.masks import AreaBounds, OneOf, medium, thick, thin
from lamakit.metrics import l1
from lamakit.training import RandomCrop, TrainingState, training_step

PHOTOS = ("astronaut", "chelsea", "coffee", "rocket")
SIDE, BATCH, HELD_OUT = 64, 8, 64
CROP = RandomCrop(size=SIDE)
# Strokes and boxes of all widths, scaled to the crops; at most half of a crop is missing.
MASKS = OneOf([AreaBounds(policy(SIDE), max_area=0.5) for policy in (thin, medium, thick)])


def open_photos() -> tuple[list[Image.Image], list[Image.Image]]:
    """Return the left two thirds of each photograph, and the right third.

    They have half their size, so that a crop shows more.
    """
    photos = [Image.fromarray(getattr(data, name)()).reduce(2) for name in PHOTOS]
    left = [photo.crop((0, 0, 2 * photo.width // 3, photo.height)) for photo in photos]
    right = [
        photo.crop((part.width, 0, *photo.size)) for part, photo in zip(left, photos, strict=True)
    ]
    return left, right


def draw_batch(
    photos: list[Image.Image], n: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return ``n`` random crops, half of them mirrored, and a mask for each."""
    numbers = torch.randint(len(photos), (n,), generator=generator).tolist()
    crops = torch.stack([CROP(photos[number], generator) for number in numbers])
    return crops, MASKS.batch(n, (SIDE, SIDE), generator=generator)


# %%
# How good is the discriminator? A hook keeps the logits of the passes that the objective makes. The
# accuracy is the share of the patches in the hole where the true image gets a larger logit than the
# filled one; guessing would give 0.5. (The sign of the logits says less: most patches are known, so
# most are real, and few logits become negative.)


class Judge:
    """The accuracy of a discriminator in its last two passes, over a true and a filled image."""

    def __init__(self, discriminator: nn.Module) -> None:
        self.logits: list[Tensor] = []
        discriminator.register_forward_hook(self._keep)

    def _keep(self, module: nn.Module, inputs: object, output: DiscriminatorOutput) -> None:
        del module, inputs
        self.logits = [*self.logits[-1:], output.logits.detach()]

    def accuracy(self, mask: Tensor) -> Tensor:
        """Return how often a true patch has a larger logit than the filled one in its place."""
        true, filled = self.logits
        hole = resize_mask(mask, (true.shape[2], true.shape[3]))
        return masked_mean((true > filled).float(), hole)


# %%
# This is the loop that you write around ``training_step``. A step fills the holes of a batch, and
# trains first the generator, then the discriminator, with gradients clipped at 1. It returns every
# term of both losses. The loop draws the batches and sets the learning rates, here by a cosine
# schedule over the time: training takes equally long on every machine, and a faster one takes more
# steps. The result is the moving average of the generator's weights. Two settings differ from
# LaMa's because training is so short: the discriminator's learning rate is eight times the
# generator's (LaMa's: a tenth), and it has group normalisation, since the statistics of eight crops
# are poor. With LaMa's settings its accuracy stays near 0.5 in so few steps.


def train(
    model: nn.Module, discriminator: nn.Module, photos: list[Image.Image], seconds: float, seed: int
) -> tuple[nn.Module, dict[str, list[float]]]:
    """Train both networks; return the moving average of the generator, and all curves."""
    generator = torch.Generator().manual_seed(seed)
    state = TrainingState.of(model, discriminator)
    objective, judge = LamaObjective(discriminator), Judge(discriminator)
    curves: dict[str, list[float]] = defaultdict(list)
    state.train()
    start, elapsed = time.perf_counter(), 0.0
    bar_format = "{l_bar}{bar}| {n:.0f} of {total:.0f} s{postfix}"
    with tqdm(total=seconds, desc="training", bar_format=bar_format) as bar:
        while elapsed < seconds:
            cosine = (1 + math.cos(math.pi * elapsed / seconds)) / 2
            state.set_learning_rates(5e-4 * cosine, 4e-3 * cosine)
            image, mask = draw_batch(photos, BATCH, generator)
            values = training_step(state, objective, image, mask)
            values["accuracy"] = judge.accuracy(mask)
            for name, value in values.items():
                curves[name].append(value.item())
            elapsed = time.perf_counter() - start
            bar.update(min(elapsed, seconds) - bar.n)
    return state.best_model, dict(curves)


# %%
# The result is the mean absolute difference in the hole, on held-out crops. It is compared with
# that of a hole filled with the mean colour of the known pixels.


def fill_with_mean(image: Tensor, mask: Tensor) -> Tensor:
    """Return the image with its hole in the mean colour of its known pixels."""
    known = 1 - mask
    mean = (image * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True)
    return composite(mean.expand_as(image), image, mask)


def draw_curves(curves: dict[str, list[float]]) -> None:
    """Plot each value over the steps, with a moving mean over a fiftieth of them."""
    figure, axes = plt.subplots(2, 4, figsize=(12, 5), layout="constrained")
    for axis, (name, values) in zip(axes.flat, curves.items(), strict=True):
        width = max(len(values) // 50, 1)
        smooth = torch.tensor(values)[None].unfold(1, width, 1).mean(-1)[0]
        axis.plot(values, color="0.85", linewidth=0.6)
        axis.plot(range(width - 1, len(values)), smooth, color="tab:blue")
        axis.set_title(name.replace("_", " "), fontsize="medium")
        axis.set_ylim(0, 1.2 * float(torch.tensor(values).quantile(0.98)))
        if name == "accuracy":
            axis.axhspan(0.55, 0.95, color="tab:green", alpha=0.12)
            axis.set_ylim(0, 1)
    figure.supxlabel("step", fontsize="medium")
    plt.show()


def draw_images(rows: dict[str, Tensor]) -> None:
    """Show images in rows, one per way to fill, and columns, one per crop."""
    count = len(next(iter(rows.values())))
    _, axes = plt.subplots(
        len(rows), count, figsize=(1.5 * count, 1.55 * len(rows)), layout="constrained"
    )
    for line, (title, images) in zip(axes, rows.items(), strict=True):
        for axis, image in zip(line, images, strict=True):
            axis.imshow(image.permute(1, 2, 0).clamp(0, 1).numpy())
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(title)
    plt.show()


# %%
# Training, and the results.


def main() -> None:
    """Train, print what was reached, and draw it."""
    parser = argparse.ArgumentParser(description="Train a tiny LaMa.")
    parser.add_argument("--seconds", type=float, default=100, help="time for training")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights, crops and masks")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    model = lama_fourier(base_channels=16, num_blocks=2)
    groups = partial(nn.GroupNorm, 4)
    discriminator = PatchDiscriminator(base_channels=16, num_layers=2, norm_layer=groups)
    photos, held_out = open_photos()
    image, mask = draw_batch(held_out, HELD_OUT, torch.Generator().manual_seed(1))
    with torch.no_grad():
        before = inpaint(model, image, mask)
    trained, curves = train(model, discriminator, photos, options.seconds, options.seed)
    with torch.no_grad():
        after, mean = inpaint(trained, image, mask), fill_with_mean(image, mask)

    last = curves["accuracy"][-len(curves["accuracy"]) // 4 :]
    errors = [l1(filled, image, mask).mean().item() for filled in (before, after, mean)]
    finite = all(math.isfinite(value) for values in curves.values() for value in values)
    print(f"steps: {len(curves['accuracy'])}; every term finite: {finite}")
    print("L1 in the hole: before {:.3f}, after {:.3f}, mean colour {:.3f}".format(*errors))
    print(f"that is {1 - errors[1] / errors[2]:.0%} below the mean colour's")
    print(f"the discriminator's accuracy in the last quarter: {sum(last) / len(last):.2f}")
    draw_curves(curves)
    with_hole = torch.where(mask > 0, 1, image)
    rows = {"with holes": with_hole, "before": before, "after": after, "mean": mean, "true": image}
    draw_images({title: images[:8] for title, images in rows.items()})


if __name__ == "__main__":
    main()
