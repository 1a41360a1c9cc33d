"""How far does one pixel reach?
=============================

Change one pixel of a feature map, and see where a layer's output changes. A 3x3 convolution passes
the change on to its neighbours, a dilated one to neighbours farther away. A fast Fourier
convolution (FFC) passes it on to the whole image, in one layer. The weights are fresh: this is how
the layers are built, not what they have learnt.
"""

# %%
# Three layers with the same number of channels and the same size of kernel. Three quarters of the
# FFC's channels are global, as in LaMa. Normalisations are left out, so nothing but the layers
# themselves can carry the change. Everything is computed in float64, and what does not change at
# all is exactly zero.

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import torch
from matplotlib.colors import LogNorm
from torch import nn

from lamakit.layers import FFC

CHANNELS, SIDE, SEED = 32, 65, 0


def convolution(dilation: int = 1) -> nn.Module:
    """A 3x3 convolution that keeps the size."""
    return nn.Conv2d(
        CHANNELS,
        CHANNELS,
        3,
        padding=dilation,
        dilation=dilation,
        bias=False,
        padding_mode="reflect",
    )


def fourier_convolution() -> nn.Module:
    """A fast Fourier convolution with the same kernel."""
    return FFC(CHANNELS, CHANNELS, 3, ratio_gin=0.75, ratio_gout=0.75, norm_layer=None)


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "3x3 convolution": convolution,
    "3x3 convolution, dilation 4": lambda: convolution(dilation=4),
    "FFC": fourier_convolution,
}


# %%
# The change of an output pixel is the mean of its channels' absolute changes, as a share of the
# largest in the image.


def change(build: Callable[[], nn.Module], depth: int) -> npt.NDArray[np.float64]:
    """How much each output pixel changes when the middle pixel of the input does."""
    torch.manual_seed(SEED)
    layers = [build()]
    for _ in range(depth - 1):
        layers += [nn.ReLU(), build()]
    model = nn.Sequential(*layers).double()
    before = torch.randn(1, CHANNELS, SIDE, SIDE, dtype=torch.float64)
    after = before.clone()
    after[..., SIDE // 2, SIDE // 2] += 1
    with torch.inference_mode():
        difference = (model(after) - model(before)).abs().mean(dim=1)[0]
    values: npt.NDArray[np.float64] = (difference / difference.max()).numpy()
    return values


DEPTHS = {"one layer": 1, "three layers": 3}
changes = {
    (row, column): change(build, depth)
    for row, depth in DEPTHS.items()
    for column, build in LAYERS.items()
}
for (row, column), values in changes.items():
    print(f"{row}, {column}: {np.count_nonzero(values)} of {values.size} pixels change")

# %%
# White pixels do not change at all; the scale of the others is logarithmic. Three 3x3
# convolutions reach three pixels in each direction. With dilation they reach twelve, but skip
# most pixels between. The FFC changes its neighbourhood most, and everything else a little: by
# about a thousandth of that in one layer, and by several thousandths in three. Training decides
# what becomes of this path. It is there from the first layer on, however large the image is.

figure, axes = plt.subplots(
    len(DEPTHS), len(LAYERS), figsize=(9.6, 6.2), layout="constrained", squeeze=False
)
for i, row in enumerate(DEPTHS):
    for j, column in enumerate(LAYERS):
        axis, values = axes[i, j], changes[row, column]
        drawn = axis.imshow(
            np.ma.masked_equal(values, 0), cmap="viridis_r", norm=LogNorm(1e-4, 1, clip=True)
        )
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_color("0.8")
        share = np.count_nonzero(values) / values.size
        axis.set_xlabel(f"{share:.1%} of the pixels change", color="0.35")
        if i == 0:
            axis.set_title(column)
        if j == 0:
            axis.set_ylabel(row, fontsize="large")
figure.colorbar(drawn, ax=axes, shrink=0.6, label="change, as a share of the largest")
plt.show()
