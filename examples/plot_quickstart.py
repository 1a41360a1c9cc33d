"""How do you remove an object from a photograph?
==============================================

Paint a mask over the object: the pixels under it are missing now, and a network fills them in. This
page does it twice. First with ``lama_tiny``, a small Fourier generator that comes with lamakit and
fills the hole in a fraction of a second. Then with a copy of it that has learned from the known
pixels of this one photograph for half a minute. For comparison, biharmonic filling continues the
colours at the edge of the hole as smoothly as possible.
"""

# %%
# The photograph comes with scikit-image, and ``lama_tiny`` has never seen it. Behind the astronaut
# stands a model of a space shuttle. Its outline, a little dilated, is the mask.

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from skimage import data, draw, restoration
from torch import Tensor, nn

from lamakit.checkpoints import load_generator, load_pretrained
from lamakit.evaluation import numpy_method
from lamakit.images import as_mask, read_image, read_mask
from lamakit.inpainting import inpaint
from lamakit.training import fit_to_image

OUTLINE = [  # (row, column) of the corners of a polygon around the shuttle
    *[(0, 386), (30, 372), (60, 366), (180, 344), (240, 346), (268, 358), (288, 362)],
    *[(288, 462), (240, 464), (60, 460), (30, 448), (0, 432)],
]


def open_example() -> tuple[Tensor, Tensor]:
    """Return the photograph, (1, 3, H, W) in [0, 1], and the mask of the shuttle, 1 = missing."""
    pixels = data.astronaut()
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
    return image, as_mask(draw.polygon2mask(pixels.shape[:2], OUTLINE), dilate=3)


def open_files(image_path: Path, mask_path: Path) -> tuple[Tensor, Tensor]:
    """Return your own photograph and its mask, whose file is white where a pixel is missing."""
    image, mask = read_image(image_path), read_mask(mask_path)
    if image.shape[2:] != mask.shape[2:]:
        sizes = [f"{tensor.shape[3]}x{tensor.shape[2]}" for tensor in (image, mask)]
        sys.exit(f"the image has {sizes[0]} pixels, the mask {sizes[1]}: give two of one size")
    if not 0 < mask.mean() < 1:
        sys.exit("the mask is all black or all white: paint the missing pixels white on black")
    return image, mask


# %%
# Each way to fill takes the photograph and the mask. The known pixels come back unchanged.


def fill(model: nn.Module, image: Tensor, mask: Tensor) -> Tensor:
    """Return the image with the hole filled by a network."""
    with torch.inference_mode():
        return inpaint(model, image, mask)


fill_biharmonic = numpy_method(
    lambda image, mask: restoration.inpaint_biharmonic(image, mask, channel_axis=-1).clip(0, 1)
)


def draw_panels(panels: dict[str, Tensor], path: Path) -> None:
    """Draw the images side by side under their titles, and save the figure."""
    figure, axes = plt.subplots(1, len(panels), figsize=(16, 4.4), layout="constrained")
    for axis, (title, image) in zip(axes, panels.items(), strict=True):
        axis.imshow(image[0].permute(1, 2, 0).numpy())
        axis.set_title(title)
        axis.set_axis_off()
    figure.savefig(path, dpi=110)


# %%
# On the command line you can give your own photograph and mask, another network, or more time for
# the second act: ``python plot_quickstart.py --help``.


def parse_arguments() -> argparse.Namespace:
    """Read the options of the command line."""
    parser = argparse.ArgumentParser(description="Remove an object from a photograph.")
    parser.add_argument("--image", type=Path, help="your own photograph")
    parser.add_argument("--mask", type=Path, help="its mask, white where a pixel is missing")
    parser.add_argument("--checkpoint", type=Path, help="weights to use instead of lama_tiny")
    parser.add_argument("--seconds", type=float, default=30, help="time to learn the photograph")
    parser.add_argument("--output", type=Path, default="quickstart.png", help="the figure's file")
    options = parser.parse_args()
    if (options.image is None) != (options.mask is None):
        parser.error("--image and --mask belong together: give both or neither")
    return options


def main() -> None:
    """Fill the hole in three ways and draw them."""
    options = parse_arguments()
    image, mask = open_files(options.image, options.mask) if options.image else open_example()
    path = options.checkpoint
    model = load_generator(path) if path else load_pretrained("lama_tiny")
    start = time.perf_counter()
    filled = fill(model, image, mask)
    seconds = time.perf_counter() - start
    print(f"filled {image.shape[3]}x{image.shape[2]} pixels in {seconds:.2f} s")
    generator = torch.Generator().manual_seed(0)
    fitted = fit_to_image(
        model, image, mask, seconds=options.seconds, generator=generator, progress=True
    )
    draw_panels(
        {
            "the mask": torch.where(mask > 0, 1, image),
            f"{'the network' if path else 'lama_tiny'}, {seconds:.1f} s": filled,
            f"fitted for {options.seconds:.0f} s": fill(fitted, image, mask),
            "biharmonic": fill_biharmonic(image, mask),
        },
        options.output,
    )
    print(f"figure: {options.output}")


if __name__ == "__main__":
    main()
