"""What does lama_tiny fill well, and what not?
============================================

``lama_tiny`` is the small generator that comes with lamakit. It has 2.5 million parameters and has
seen 47 photographs, none of these. So it continues colours, shades and blurred shapes. It cannot
know what is behind a wide hole, and it makes up no texture and no objects.
"""

# %%
# Six holes in photographs that come with scikit-image, chosen before looking at the results. In the
# first three the surroundings say what belongs there, in the others they do not.

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from skimage import data

from lamakit.checkpoints import load_pretrained
from lamakit.images import as_mask
from lamakit.inpainting import inpaint

SIDE = 256
HOLES = {  # name of the photograph: corner of the square, then rows and columns of the hole in it
    "a thin line in coffee": ("coffee", (100, 180), slice(60, 70), slice(20, 240)),
    "sky behind a rocket": ("rocket", (0, 300), slice(60, 140), slice(60, 160)),
    "a blurred background": ("astronaut", (40, 250), slice(10, 90), slice(150, 230)),
    "half a face": ("astronaut", (20, 130), slice(40, 150), slice(95, 160)),
    "fur and an eye": ("chelsea", (20, 60), slice(70, 150), slice(40, 130)),
    "gravel": ("gravel", (0, 0), slice(70, 190), slice(70, 190)),
}


def cut_out(name: str, corner: tuple[int, int]) -> torch.Tensor:
    """Return a square of a photograph, (1, 3, SIDE, SIDE) in [0, 1]."""
    pixels = torch.tensor(getattr(data, name)())
    pixels = pixels if pixels.ndim == 3 else pixels[..., None].expand(-1, -1, 3)
    top, left = corner
    square = pixels[top : top + SIDE, left : left + SIDE]
    return square.permute(2, 0, 1)[None] / 255


model = load_pretrained("lama_tiny")
figure, axes = plt.subplots(3, len(HOLES), figsize=(14, 7.2), layout="constrained")
for column, (title, (name, corner, rows, columns)) in zip(axes.T, HOLES.items(), strict=True):
    image = cut_out(name, corner)
    hole = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    hole[rows, columns] = True
    mask = as_mask(hole)
    with torch.inference_mode():
        filled = inpaint(model, image, mask)
    shown = {"the hole": torch.where(mask > 0, 1.0, image), "filled": filled, "the truth": image}
    for axis, (label, picture) in zip(column, shown.items(), strict=True):
        axis.imshow(picture[0].permute(1, 2, 0).numpy())
        axis.set_xticks([])
        axis.set_yticks([])
        axis.set_title(label, fontsize="small")
    column[0].set_title(title, fontsize="medium")
plt.show()
