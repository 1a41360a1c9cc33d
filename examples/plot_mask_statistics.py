"""How wide are the holes?
========================

Of two masks with the same area, one may be easy to fill and one hard: many scratches, or one large
hole whose middle is far from all known pixels. What matters is the width of the holes: about the
diameter of the largest disc inside of one. Here are histograms of the areas and widths of the
presets, as LaMa's fig. 3 mentions them; this definition of width is lamakit's.
"""

# %%
# Each preset is measured on 400 masks. Areas are counts of pixels, widths come from an exact
# distance transform.

import matplotlib.pyplot as plt
import torch

from lamakit.masks import (
    Histogram,
    MaskSampler,
    area_histogram,
    deepfill_like,
    lama_training,
    medium,
    thick,
    thin,
    width_histogram,
)

COUNT, SIZE = 400, (256, 256)
PRESETS: dict[str, MaskSampler] = {
    "thin(256)": thin(256),
    "medium(256)": medium(256),
    "thick(256)": thick(256),
    "lama_training()": lama_training(),
    "deepfill_like()": deepfill_like(),
}


def seeded() -> torch.Generator:
    """Return a new generator, so that areas and widths are of the same masks."""
    return torch.Generator().manual_seed(0)


def mean(histogram: Histogram) -> float:
    """Return the mean, as if all masks of a bin were at its middle."""
    middles = (histogram.edges[1:] + histogram.edges[:-1]) / 2
    return float((histogram.shares * middles).sum())


# %%
# The dashed lines are the means. Thin masks cover more of the image than medium ones on average,
# but hardly any of their holes is wider than 50 pixels. LaMa's training masks reach all widths.

figure, axes = plt.subplots(
    len(PRESETS), 2, figsize=(8.5, 8), layout="constrained", sharex="col", sharey="col"
)
for (name, sampler), (left, right) in zip(PRESETS.items(), axes, strict=True):
    by_area = area_histogram(sampler, COUNT, SIZE, generator=seeded())
    by_width = width_histogram(sampler, COUNT, SIZE, generator=seeded())
    print(f"{name:16} mean area {mean(by_area):.2f}, mean width {mean(by_width):.0f} pixels")
    for axis, histogram, colour in ((left, by_area, "#008fa3"), (right, by_width, "#b5532a")):
        axis.stairs(histogram.shares, histogram.edges, fill=True, color=colour, alpha=0.85)
        axis.axvline(mean(histogram), color="0.2", linestyle="--", linewidth=1)
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.set_yticks([])
    left.set_ylabel(name, rotation=0, ha="right", va="center")
axes[0, 0].set_title("missing share of the image")
axes[0, 1].set_title("width of the widest hole, in pixels")
axes[-1, 0].set_xlim(0, 1)
axes[-1, 1].set_xlim(0, SIZE[1])
plt.show()
