"""What can a network learn from without photographs?
==================================================

Photographs have licences, and a folder of them ends. Synthetic images have neither limit: each is
drawn from a few random numbers, and has much of what filling a hole is about: objects that hide
each other, patterns that repeat, textures, and planes in perspective. This page shows what they
look like, and compares their spectrum with that of photographs.
"""

# %%
# There are six kinds. A size and a generator of random numbers decide about an image.

import time

import matplotlib.pyplot as plt
import torch
from skimage import data
from torch import Tensor
from torch.nn import functional as F

from lamakit.analysis import radial_spectrum
from lamakit.training import draw_synthetic_image
from lamakit.training.synthetic import SYNTHETIC_KINDS

SIDE = 128
PHOTOS = ("astronaut", "coffee", "chelsea", "rocket")


def show(images: Tensor, columns: int, titles: list[str] | None = None) -> None:
    """Show images in rows, each row with a title if there are any."""
    rows = images.unflatten(0, (-1, columns))
    _, axes = plt.subplots(
        len(rows), 1, figsize=(1.1 * columns, 1.13 * len(rows)), layout="compressed", squeeze=False
    )
    for number, (axis, row) in enumerate(zip(axes.flat, rows, strict=True)):
        axis.imshow(torch.cat(list(row), dim=2).permute(1, 2, 0).numpy())
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        if titles:
            axis.set_ylabel(titles[number], fontsize="small")


generator = torch.Generator().manual_seed(4)
of_each_kind = [draw(SIDE, generator) for draw in SYNTHETIC_KINDS.values() for _ in range(8)]
show(torch.stack(of_each_kind), columns=8, titles=list(SYNTHETIC_KINDS))
plt.show()

# %%
# :func:`~lamakit.training.draw_synthetic_image` draws one of these kinds, each equally likely. In a
# training, ``synthetic_share`` says how many images are replaced by such ones: see
# :class:`~lamakit.training.MixedImages`.

start = time.process_time()
synthetic = torch.stack([draw_synthetic_image(SIDE, generator) for _ in range(72)])
print(f"{(time.process_time() - start) / len(synthetic) * 1000:.0f} ms of computing for an image")
show(synthetic, columns=9)
plt.show()

# %%
# The photographs come with scikit-image. They are cut into squares of the same size, at their full
# resolution and at half of it.


def squares(photo: Tensor) -> Tensor:
    """Cut a photograph (1, 3, H, W) into squares that do not overlap."""
    tiles = photo.unfold(2, SIDE, SIDE).unfold(3, SIDE, SIDE)
    return tiles.permute(0, 2, 3, 1, 4, 5).flatten(0, 2)


photos = [torch.from_numpy(getattr(data, name)()).permute(2, 0, 1)[None] / 255 for name in PHOTOS]
halves = [
    F.interpolate(photo, scale_factor=0.5, mode="bilinear", antialias=True) for photo in photos
]
photographs = torch.cat([squares(photo) for photo in (*photos, *halves)])

# %%
# The power of a frequency f falls with a power of f, in synthetic images about as fast as in
# photographs. A window hides the borders of the squares, where the image ends suddenly. The colours
# of the synthetic images are greyer than those of these four photographs, and the channels even
# more alike.

window = torch.hann_window(SIDE, periodic=False)
frequencies = (torch.arange(SIDE // 2) + 0.5) / SIDE
measured = slice(2, SIDE * 3 // 8)


def spectrum(images: Tensor) -> Tensor:
    """Return the mean power of the images at each frequency."""
    deviation = images - images.mean(dim=(2, 3), keepdim=True)
    return radial_spectrum(deviation * window * window[:, None]).mean(dim=(0, 1))


def slope(power: Tensor) -> float:
    """Return the exponent of the power law that fits best."""
    x, y = frequencies[measured].log(), power[measured].log()
    return float(((x - x.mean()) * y).sum() / (x - x.mean()).square().sum())


def saturation(images: Tensor) -> float:
    """Return the mean saturation: 0 is grey."""
    return float((1 - images.amin(dim=1) / images.amax(dim=1).clamp(min=1e-3)).mean())


_, axis = plt.subplots(figsize=(6, 4), layout="constrained")
for name, images in (("photographs", photographs), ("synthetic images", synthetic)):
    power = spectrum(images)
    axis.loglog(frequencies, power, label=f"{name}: {slope(power):.1f}")
    pixels = images.movedim(1, 0).flatten(1)
    correlation = torch.corrcoef(pixels)[(0, 0, 1), (1, 2, 2)].mean()
    print(
        f"{len(images)} {name}: power falls as f ** {slope(power):.1f}, saturation "
        f"{saturation(images):.2f}, correlation of the channels {correlation:.2f}"
    )
axis.set(xlabel="frequency (cycles per pixel)", ylabel="power")
axis.legend(title="Exponent")
plt.show()
