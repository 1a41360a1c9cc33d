"""Which holes do you train with?
===============================

A network learns to fill the holes that it was trained with, so they matter as much as the
photographs. This page shows every family of masks, samplers that combine others, and the presets of
LaMa and its successors. The same seed always gives the same masks.
"""

# %%
# The photograph comes with scikit-image. It has 300x451 pixels: masks need not be square.

import warnings

import matplotlib.pyplot as plt
import torch
from skimage import data
from torch import Tensor

from lamakit.masks import (
    AreaBounds,
    Boxes,
    CentreBox,
    Completion,
    Dilated,
    DiscStrokes,
    EveryNLines,
    Expand,
    FromMasks,
    Inverted,
    MaskSampler,
    NearestNeighbour,
    ObjectShaped,
    OneOf,
    Outpainting,
    Ramp,
    RandomAreaBox,
    SquareStrokes,
    Strokes,
    SuperResolutionGrid,
    UnionOf,
    big_lama_training,
    create_mask_sampler,
    deepfill_like,
    glama_families,
    glama_general,
    lama_plus,
    lama_training,
    list_mask_samplers,
    medium,
    thick,
    thin,
    unseen_combination,
)

PHOTO = "chelsea"

photo = torch.from_numpy(getattr(data, PHOTO)()).permute(2, 0, 1)[None] / 255
SIZE = (photo.shape[2], photo.shape[3])
PAINT = torch.tensor([0.0, 0.72, 0.78]).view(1, 3, 1, 1)


def show(samplers: dict[str, MaskSampler], columns: int, seed: int, draws: int = 1) -> None:
    """Show the photograph with the missing pixels painted over, some masks of each sampler."""
    rows = -(-len(samplers) * draws // columns)
    _, axes = plt.subplots(
        rows, columns, figsize=(2.3 * columns, 1.9 * rows), layout="constrained", squeeze=False
    )
    generator = torch.Generator().manual_seed(seed)
    drawn: list[tuple[str, Tensor]] = [
        (title if number == 0 else "", mask)
        for title, sampler in samplers.items()
        for number, mask in enumerate(sampler.batch(draws, SIZE, generator=generator))
    ]
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (title, mask) in zip(axes.flat, drawn, strict=False):
        painted = torch.where(mask > 0, 0.1 * photo + 0.9 * PAINT, photo)
        axis.imshow(painted[0].permute(1, 2, 0).numpy(), interpolation="antialiased")
        axis.set_title(title, fontsize="medium", loc="left")
        axis.set_axis_on()
        axis.set_xlabel(f"{float(mask.mean()):.0%} missing", color="0.35", fontsize="small")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)


# %%
# The families. Strokes are chains of thick lines, or discs or squares where the lines would begin.
# Objects come from any segmentation of the image, here two ellipses; their masks are placed beside
# the objects. A stack holds masks that exist already: here a crescent.

y, x = torch.meshgrid(torch.arange(SIZE[0]), torch.arange(SIZE[1]), indexing="ij")
eyes = [((y - 115) / 45) ** 2 + ((x - column) / 60) ** 2 < 1 for column in (155, 290)]
crescent = ((y - 150) ** 2 + (x - 220) ** 2 < 110**2) & ((y - 120) ** 2 + (x - 250) ** 2 > 90**2)

FAMILIES: dict[str, MaskSampler] = {
    "Strokes": Strokes(min_times=2, max_times=5, max_width=44, max_len=129),
    "DiscStrokes": DiscStrokes(min_times=3, max_times=7, max_width=29, max_len=129),
    "SquareStrokes": SquareStrokes(min_times=3, max_times=7, max_width=64, max_len=129),
    "Boxes": Boxes(min_times=3, max_times=5, min_size=30, max_size=120, margin=10),
    "RandomAreaBox": RandomAreaBox(),
    "CentreBox": CentreBox(),
    "Outpainting": Outpainting(),
    "Completion": Completion(),
    "Expand": Expand(),
    "EveryNLines": EveryNLines(steps=(5,)),
    "NearestNeighbour": NearestNeighbour(steps=(4,)),
    "SuperResolutionGrid": SuperResolutionGrid(min_step=4, max_step=4),
    "ObjectShaped": ObjectShaped(eyes),
    "FromMasks": FromMasks(crescent),
    "Dilated boxes": Dilated(Boxes(min_times=9, max_times=9, min_size=4, max_size=9), pixels=8),
}
show(FAMILIES, columns=5, seed=4)
plt.show()

# %%
# Regular masks are too fine to be seen at that size. Here are 24 by 24 pixels of them, black where
# missing.

REGULAR = ("EveryNLines", "NearestNeighbour", "SuperResolutionGrid")
_, axes = plt.subplots(1, 3, figsize=(7, 2.5), layout="constrained")
for axis, name in zip(axes, REGULAR, strict=True):
    mask = FAMILIES[name]((24, 24), generator=torch.Generator().manual_seed(7))
    axis.imshow(mask[0].numpy(), cmap="Greys")
    axis.set_title(name, fontsize="medium")
    axis.set(xticks=[], yticks=[])
plt.show()

# %%
# Some samplers combine or change others: one of several, their union, the inverse, dilated masks,
# and only masks whose area is within bounds.

SCRATCHES = Strokes(min_times=8, max_times=13, max_width=5, max_len=129, max_angle=0)
BOX = Boxes(min_times=1, max_times=1, min_size=80, max_size=160)
COMBINED: dict[str, MaskSampler] = {
    "OneOf(scratches, box)": OneOf((SCRATCHES, BOX)),
    "UnionOf(scratches, box)": UnionOf((SCRATCHES, BOX)),
    "Inverted(box)": Inverted(BOX),
    "AreaBounds(thick, 40 to 50 %)": AreaBounds(thick(256), min_area=0.4, max_area=0.5),
}
show(COMBINED, columns=4, seed=2, draws=4)
plt.show()

# %%
# The presets, four draws each. Thin and thick masks are the narrow and the wide ones that LaMa is
# evaluated with.

PRESETS: dict[str, MaskSampler] = {
    "thin(256)": thin(256),
    "medium(256)": medium(256),
    "thick(256)": thick(256),
    "lama_training()": lama_training(),
    "big_lama_training()": big_lama_training(),
    "deepfill_like()": deepfill_like(),
    "lama_plus()": lama_plus(),
    "glama_general()": glama_general(),
    "unseen_combination()": unseen_combination(),
}
assert {title.partition("(")[0] for title in PRESETS} == set(list_mask_samplers())  # noqa: S101
assert create_mask_sampler("thin", resolution=256) == PRESETS["thin(256)"]  # noqa: S101
show(PRESETS, columns=4, seed=3, draws=4)
plt.show()

# %%
# GLaMa measures each of its seven families on its own.

show(glama_families(), columns=7, seed=5)
plt.show()

# %%
# The published lengths of LaMa's training masks are for crops of 256 pixels. On crops of 64 pixels
# they leave little or nothing known, and a warning says so. Given the crops' side, the lengths are
# scaled; so are those of thin, medium and thick masks.

CROPS: dict[str, MaskSampler] = {
    "lama_training()": lama_training(),
    "lama_training(64)": lama_training(64),
}
_, axes = plt.subplots(2, 8, figsize=(9, 2.6), layout="constrained")
for row, (title, sampler) in zip(axes, CROPS.items(), strict=True):
    with warnings.catch_warnings(record=True) as said:
        masks = sampler.batch(8, (64, 64), generator=torch.Generator().manual_seed(6))
    for warning in said:
        print(f"{title}: {warning.message}")
    for axis, mask in zip(row, masks, strict=True):
        axis.imshow(mask[0].numpy(), cmap="Greys", vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
    row[0].set_title(title, fontsize="medium", loc="left")
plt.show()

# %%
# A ramp makes holes grow during training: here at the start, after a quarter, after half, and at
# the end.

ramp = Ramp(lama_training(), start_step=0, end_step=1000)
show({f"step {step}": ramp.at(step) for step in (0, 250, 500, 1000)}, columns=4, seed=8)
plt.show()
