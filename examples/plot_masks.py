"""Which holes do you train with?
===============================

A mask sampler draws random holes: boxes, or strokes of a brush. Its settings decide how large the
holes are and how many. A network learns to fill the holes it was shown, so they matter as much as
the photographs.
"""

# %%
# The photograph comes with scikit-image. It has 300x451 pixels: masks need not be square.

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from skimage import data
from torch import Tensor

from lamakit.masks import Boxes, MaskSampler, Strokes

PHOTO = "chelsea"

photo = torch.from_numpy(getattr(data, PHOTO)()).permute(2, 0, 1)[None] / 255
SIZE = (photo.shape[2], photo.shape[3])
PAINT = torch.tensor([0.0, 0.72, 0.78]).view(1, 3, 1, 1)


def show(axis: Axes, mask: Tensor, title: str) -> None:
    """The photograph with its missing pixels painted over."""
    painted = torch.where(mask > 0, 0.1 * photo + 0.9 * PAINT, photo)
    axis.imshow(painted[0].permute(1, 2, 0).numpy())
    axis.set_title(title, fontsize="medium")
    axis.set_xlabel(f"{float(mask.mean()):.0%} missing", color="0.35")
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


# %%
# Four settings of each sampler. ``margin`` keeps boxes away from the image's border.
# ``max_angle=1`` lets a stroke turn by next to nothing: scratches down the picture. The large boxes
# and the thick brush are settings that LaMa was trained with; the medium and the thin brush are two
# that it was evaluated with.

SAMPLERS: dict[str, MaskSampler] = {
    "one box": Boxes(min_times=1, max_times=1, min_size=96, max_size=128),
    "large boxes": Boxes(min_times=1, max_times=4, min_size=30, max_size=150, margin=10),
    "small boxes": Boxes(min_times=10, max_times=20, min_size=10, max_size=40),
    "specks": Boxes(min_times=200, max_times=300, min_size=2, max_size=6),
    "thick brush": Strokes(min_times=1, max_times=5, max_width=100, max_len=200),
    "medium brush": Strokes(min_times=4, max_times=5, max_width=50, max_len=100),
    "thin brush": Strokes(min_times=4, max_times=50, max_width=10, max_len=40),
    "scratches": Strokes(min_times=8, max_times=16, max_width=1, max_len=120, max_angle=1),
}

generator = torch.Generator().manual_seed(1)
figure, axes = plt.subplots(2, 4, figsize=(11, 4.5), layout="constrained")
for axis, (title, sampler) in zip(axes.flat, SAMPLERS.items(), strict=True):
    show(axis, sampler(SIZE, generator=generator), title)
plt.show()

# %%
# One sampler draws large and small holes: here are four draws of the thick brush, in one batch. The
# same seed gives the same masks again.

brush = SAMPLERS["thick brush"]
masks = brush.batch(4, SIZE, generator=torch.Generator().manual_seed(3))
again = brush.batch(4, SIZE, generator=torch.Generator().manual_seed(3))
print("same seed, same masks:", torch.equal(masks, again))

figure, axes = plt.subplots(1, 4, figsize=(11, 2.3), layout="constrained")
for number, axis in enumerate(axes):
    show(axis, masks[number : number + 1], f"draw {number + 1}")
plt.show()
