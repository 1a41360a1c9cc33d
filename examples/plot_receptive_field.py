"""How far does one layer see?
===========================

One output pixel of a layer depends on some pixels of its input. Those of a 3x3 convolution are its
neighbours, those of a dilated one lie farther apart. A fast Fourier convolution (FFC) depends on
the whole image, in one layer. The weights are fresh: this is how the layers are built, not what
they have learnt.
"""

# %%
# Three layers with the same number of channels and the same size of kernel. Three quarters of the
# FFC's channels are global, as in LaMa's released configurations. Normalisations are left out, so
# nothing but the layers themselves can carry what they see.

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import LogNorm
from torch import Tensor, nn

from lamakit.analysis import effective_receptive_field
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
# :func:`~lamakit.analysis.effective_receptive_field` tells how strongly each input pixel moves the
# output's middle pixel, here on the average over eight random images. Everything is computed in
# float64, and what plays no part at all is exactly zero.


def field_of(build: Callable[[], nn.Module], depth: int) -> Tensor:
    """What the middle of the last of ``depth`` layers sees, as a share of the largest value."""
    torch.manual_seed(SEED)
    layers = [build()]
    for _ in range(depth - 1):
        layers += [nn.ReLU(), build()]
    images = torch.randn(8, CHANNELS, SIDE, SIDE, dtype=torch.float64)
    field = effective_receptive_field(nn.Sequential(*layers).double(), images)
    return field / field.max()


DEPTHS = {"one layer": 1, "three layers": 3}
fields = {
    (row, column): field_of(build, depth)
    for row, depth in DEPTHS.items()
    for column, build in LAYERS.items()
}
for (row, column), field in fields.items():
    typical = field[field > 0].median()
    seen = int((field > 0).sum())
    print(
        f"{row}, {column}: {seen} of {field.numel()} pixels are seen, half of them > {typical:.1g}"
    )

# %%
# White pixels play no part; the scale of the others is logarithmic. Three 3x3 convolutions see
# three pixels in each direction. With dilation they see twelve, but skip most pixels between. The
# FFC sees its neighbourhood best, and everything else a little: a pixel far away counts a few
# thousandths of the largest. But there are thousands of them, and training decides what becomes of
# this path. It is there from the first layer on, however large the image is.
# :doc:`Another page <plot_fourier_against_dilated>` looks at whole networks, fresh and trained.

figure, axes = plt.subplots(
    len(DEPTHS), len(LAYERS), figsize=(9.6, 6.2), layout="constrained", squeeze=False
)
for i, row in enumerate(DEPTHS):
    for j, column in enumerate(LAYERS):
        axis, values = axes[i, j], fields[row, column].numpy()
        drawn = axis.imshow(
            np.ma.masked_equal(values, 0), cmap="viridis_r", norm=LogNorm(1e-4, 1, clip=True)
        )
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_color("0.8")
        share = np.count_nonzero(values) / values.size
        axis.set_xlabel(f"{share:.1%} of the pixels are seen", color="0.35")
        if i == 0:
            axis.set_title(column)
        if j == 0:
            axis.set_ylabel(row, fontsize="large")
figure.colorbar(drawn, ax=axes, shrink=0.6, label="share of the largest")
plt.show()
