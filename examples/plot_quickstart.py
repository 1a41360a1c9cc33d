"""How do you fill a hole in a photograph?
=======================================

A photograph of a brick wall has a hole. A small Fourier generator trains for a minute and a half on
the known pixels of this one photograph, then it fills the hole. Each of its Fourier layers sees the
whole image at once, so the bricks around the hole reach its middle: the long mortar lines continue
through it. For comparison, biharmonic filling, which uses only the pixels at the edge of the hole,
leaves a smooth grey patch. The photographs come with scikit-image, so nothing is downloaded. With
published weights (``--checkpoint``) nothing is trained.
"""

# %%
# Three photographs of something that repeats are available: bricks, coins, and the lines of a
# printed page. Each gets a hole, a box of missing pixels. Bricks and coins are shrunk to half, so
# that a crop for the small network shows many of them.

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import torch
from skimage import data, restoration
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from lamakit.checkpoints import load_generator
from lamakit.evaluation import numpy_method
from lamakit.generators import lama_fourier
from lamakit.images import read_image, read_mask, stack_inputs
from lamakit.inpainting import inpaint
from lamakit.masks import Boxes
from lamakit.metrics import psnr


class Photo(NamedTuple):
    """How many times to shrink a photograph, and its hole: top, left, height, width in pixels."""

    shrink: int
    hole: tuple[int, int, int, int]


PHOTOS = {
    "brick": Photo(shrink=2, hole=(98, 98, 60, 60)),
    "coins": Photo(shrink=2, hole=(60, 46, 34, 31)),
    "page": Photo(shrink=1, hole=(66, 150, 54, 64)),
}


def open_photo(name: str) -> tuple[Tensor, Tensor]:
    """Return one of the grey photographs, (1, 1, H, W) in [0, 1], and its mask, 1 = missing."""
    photo = PHOTOS[name]
    pixels = torch.from_numpy(getattr(data, name)())
    image = F.avg_pool2d(pixels[None, None] / 255, photo.shrink)
    mask = torch.zeros_like(image)
    top, left, height, width = photo.hole
    mask[..., top : top + height, left : left + width] = 1
    return image, mask


def open_files(image_path: Path, mask_path: Path) -> tuple[Tensor, Tensor]:
    """Return your own photograph and its mask, whose file is white where a pixel is missing."""
    image, mask = read_image(image_path), read_mask(mask_path)
    if image.shape[2:] != mask.shape[2:]:
        sizes = [f"{tensor.shape[3]}x{tensor.shape[2]}" for tensor in (image, mask)]
        sys.exit(f"the image has {sizes[0]} pixels, the mask {sizes[1]}: give two of one size")
    if min(image.shape[2:]) < 64:
        sys.exit("the photograph is too small to learn from: give one of at least 64x64 pixels")
    if not 0 < mask.mean() < 1:
        sys.exit("the mask is all black or all white: paint the missing pixels white on black")
    return image, mask


# %%
# The network trains on crops of the photograph. In each crop a random box is made missing too, and
# only the pixels under that box enter the loss; the pixels under the true hole never do. The loss
# adds the error of the pixels, which puts lines in the right place, and the error of the spectrum's
# magnitudes, which keeps them sharp. The seed fixes crops and boxes. The time is fixed as well, so
# a faster machine makes more training steps.

CROP_SIZE, BATCH_SIZE, LEARNING_RATE = 128, 4, 3e-3


def random_crops(image: Tensor, generator: torch.Generator) -> Tensor:
    """Return a batch of random crops of the image, about half of them mirrored."""
    height, width = (min(CROP_SIZE, side // 4 * 4) for side in image.shape[2:])
    crops = []
    for _ in range(BATCH_SIZE):
        top = int(torch.randint(image.shape[2] - height + 1, (), generator=generator))
        left = int(torch.randint(image.shape[3] - width + 1, (), generator=generator))
        crop = image[0, :, top : top + height, left : left + width]
        mirrored = bool(torch.rand((), generator=generator) < 0.5)
        crops.append(crop.flip(-1) if mirrored else crop)
    return torch.stack(crops)


def loss_in_box(prediction: Tensor, target: Tensor, box: Tensor) -> Tensor:
    """Return the error of the pixels in the box plus that of its spectrum's magnitudes."""
    prediction, target = prediction * box, target * box
    error = (prediction - target).abs()
    pixels = (error + 4 * error.square()).sum() / (box.sum() * target.shape[1]).clamp(min=1)
    spectra = [torch.fft.rfft2(image, norm="ortho").abs() for image in (prediction, target)]
    return pixels + F.l1_loss(spectra[0], spectra[1])


def train(image: Tensor, mask: Tensor, seconds: float, seed: int) -> nn.Module:
    """Train a small Fourier generator to fill boxes in the known part of the image."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    channels = image.shape[1]
    model = lama_fourier(
        channels + 1, channels, num_blocks=4, base_channels=16, num_downsamplings=2
    )
    optimizer = torch.optim.AdamW(model.parameters())
    boxes = Boxes(min_times=1, max_times=1, min_size=16, max_size=64, margin=8)
    with_hole = stack_inputs(image, mask)  # the last channel is the mask
    start, elapsed = time.perf_counter(), 0.0
    bar_format = "{l_bar}{bar}| {n:.0f} of {total:.0f} s{postfix}"
    with tqdm(total=seconds, desc="training", bar_format=bar_format) as progress:
        while elapsed < seconds:
            cosine = (1 + math.cos(math.pi * elapsed / seconds)) / 2
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * cosine
            crops = random_crops(with_hole, generator)
            target, missing = crops[:, :-1], crops[:, -1:]
            size = (crops.shape[2], crops.shape[3])
            box = boxes.batch(BATCH_SIZE, size, generator=generator)
            prediction = model(stack_inputs(target, torch.maximum(box, missing)))
            loss = loss_in_box(prediction, target, box * (1 - missing))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            elapsed = time.perf_counter() - start
            progress.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
            progress.update(min(elapsed, seconds) - progress.n)
    return model.eval()


# %%
# Both fillings are compared with the photograph, inside the hole only, by the peak signal-to-noise
# ratio (PSNR). With your own photograph, the comparison is with what it shows under your mask.

fill_biharmonic = numpy_method(
    lambda image, mask: restoration.inpaint_biharmonic(image, mask, channel_axis=-1).clip(0, 1)
)


def surroundings(mask: Tensor, margin: int = 48) -> tuple[slice, ...]:
    """Return the window of the image that holds the hole and ``margin`` pixels around it."""
    indices = mask[0, 0].nonzero().unbind(dim=1)
    sides = [slice(max(int(i.min()) - margin, 0), int(i.max()) + margin + 1) for i in indices]
    return slice(None), slice(None), *sides


def draw(panels: dict[str, Tensor], path: Path) -> None:
    """Draw the images side by side under their titles, and save the figure."""
    figure, axes = plt.subplots(1, len(panels), figsize=(13, 3.7), layout="constrained")
    for axis, (title, image) in zip(axes, panels.items(), strict=True):
        axis.imshow(image[0].permute(1, 2, 0).numpy(), cmap="gray", vmin=0, vmax=1)
        axis.set_title(title)
        axis.set_axis_off()
    figure.savefig(path, dpi=150)


# %%
# On the command line you can choose another photograph, give your own, load published weights, or
# train for longer: ``python plot_quickstart.py --help``.


def parse_arguments() -> argparse.Namespace:
    """Read the options of the command line."""
    parser = argparse.ArgumentParser(description="Fill a hole in a photograph.")
    parser.add_argument("--photo", choices=PHOTOS, default="brick", help="the photograph")
    parser.add_argument("--image", type=Path, help="your own photograph instead")
    parser.add_argument("--mask", type=Path, help="its mask, white where a pixel is missing")
    parser.add_argument("--checkpoint", type=Path, help="published weights instead of training")
    parser.add_argument("--seconds", type=float, default=90, help="time for training")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights, crops and boxes")
    parser.add_argument("--output", type=Path, default="quickstart.png", help="the figure's file")
    options = parser.parse_args()
    if (options.image is None) != (options.mask is None):
        parser.error("--image and --mask belong together: give both or neither")
    return options


def main() -> None:
    """Fill the hole in both ways, print how well each did, and draw them."""
    options = parse_arguments()
    own = options.image is not None
    image, mask = open_files(options.image, options.mask) if own else open_photo(options.photo)
    if options.checkpoint is None:
        model = train(image, mask, options.seconds, options.seed)
    else:
        model = load_generator(options.checkpoint)
        image = image.expand(-1, 3, -1, -1)
    with torch.inference_mode():
        ours = inpaint(model, image, mask)
    window = surroundings(mask)
    image, mask, ours = image[window], mask[window], ours[window]
    biharmonic = fill_biharmonic(image * (1 - mask), mask)
    ratios = [float(psnr(filled, image, mask)) for filled in (ours, biharmonic)]
    print(f"hole: PSNR ours {ratios[0]:.1f} dB, biharmonic {ratios[1]:.1f} dB")
    panels = {
        "photograph": image,
        "with the hole": torch.where(mask > 0, 1, image),
        f"ours, {ratios[0]:.1f} dB": ours,
        f"biharmonic, {ratios[1]:.1f} dB": biharmonic,
    }
    draw(panels, options.output)
    print(f"figure: {options.output}")


if __name__ == "__main__":
    main()
