"""How far does one layer see?
===========================

One output pixel of a layer depends on some pixels of its input. In a 3x3 convolution, these are the
direct neighbours. In a dilated convolution, they lie farther apart. In a fast Fourier convolution
(FFC), they are all pixels of the image. The layers are not trained, so the pictures show what their
structure allows, not what they have learnt.
"""

# %%
# The three layers have the same number of channels and the same kernel size. Three quarters of the
# FFC's channels are global, as in LaMa's released configurations. There is no normalisation, so
# nothing but the layers themselves connects the pixels.

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
    """Build a 3x3 convolution that keeps the size."""
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
    """Build a fast Fourier convolution with the same kernel size."""
    return FFC(CHANNELS, CHANNELS, 3, ratio_gin=0.75, ratio_gout=0.75, norm_layer=None)


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "3x3 convolution": convolution,
    "3x3 convolution, dilation 4": lambda: convolution(dilation=4),
    "FFC": fourier_convolution,
}


# %%
# :func:`~lamakit.analysis.effective_receptive_field` returns how strongly each input pixel
# influences the middle pixel of the output, here as a mean over eight random images. Everything is
# computed in float64. The field is exactly zero at pixels without any influence.


def field_of(build: Callable[[], nn.Module], depth: int) -> Tensor:
    """Return the field of ``depth`` layers in a row, divided by its largest value."""
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
    print(f"{row}, {column}: {seen} of {field.numel()} pixels, half of them > {typical:.1g}")

# %%
# White pixels have no influence; the colours of the others are on a logarithmic scale. Three 3x3
# convolutions reach three pixels in each direction. With dilation they reach twelve, but skip most
# pixels in between. In the FFC, near pixels have the most influence and all others a little: a
# distant pixel has a few thousandths of the largest value. But there are thousands of them, and
# training determines how much their path is used. It exists from the first layer on, at any image
# size. :doc:`Another page <plot_fourier_against_dilated>` shows whole networks, before and after
# training.

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
        axis.set_xlabel(f"{share:.1%} of the pixels", color="0.35")
        if i == 0:
            axis.set_title(column)
        if j == 0:
            axis.set_ylabel(row, fontsize="large")
figure.colorbar(drawn, ax=axes, shrink=0.6, label="share of the largest")
plt.show()
