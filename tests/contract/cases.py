"""The modules that the contract tests try: every public layer, generator and discriminator, small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from lamakit.discriminators import MultiScaleDiscriminator, PatchDiscriminator
from lamakit.generators import (
    TwoStageGenerator,
    big_lama,
    lama_dilated,
    lama_fourier,
    lama_fourier_shallow,
    lama_regular,
    lama_regular_deep,
)
from lamakit.layers import (
    FFC,
    FFCNormAct,
    FFCResidualBlock,
    FourierUnit,
    MultiDilatedConv2d,
    ResidualBlock,
    SpectralTransform,
)
from lamakit.layers.layer_types import NormLayer
from tests.helpers import seeded


@dataclass(frozen=True)
class Case:
    """A module to build with a given normalisation, and what it takes and returns.

    Attributes:
        name: the public name, and what is special about this case after a hyphen.
        build: builds the module with a normalisation layer, or with none.
        in_channels: channels of the input.
        out_channels: channels of the output.
        output_side: a side of the output, in pixels, from the same side of the input.
        size_multiple: sides of the input must be multiples of this.
        sizes: (H, W) of inputs that the module takes.
        normalises: whether ``build`` puts any normalisation layer into the module.
        inductor: whether the module is also compiled to machine code, which takes long.
    """

    name: str
    build: Callable[[NormLayer | None], nn.Module]
    in_channels: int
    out_channels: int
    output_side: Callable[[int], int] = int
    size_multiple: int = 1
    sizes: tuple[tuple[int, int], ...] = ((8, 8), (9, 14), (15, 4))
    normalises: bool = True
    inductor: bool = False

    def __str__(self) -> str:
        return self.name

    def module(self, norm_layer: NormLayer | None = nn.BatchNorm2d) -> nn.Module:
        """Build the module with the same weights at every call."""
        torch.manual_seed(0)
        return self.build(norm_layer)

    def input(self, size: tuple[int, int] | None = None, batch: int = 2) -> Tensor:
        """Return a random input of the given size, by default the first of ``sizes``."""
        shape = (batch, self.in_channels, *(size or self.sizes[0]))
        return torch.randn(shape, generator=seeded(1))

    def output_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return (H, W) of the output for an input of this size."""
        return self.output_side(size[0]), self.output_side(size[1])


def halved(side: int) -> int:
    """Return what a stride of 2 leaves of a side: half of it, rounded up."""
    return -(-side // 2)


def logits_along(side: int) -> int:
    """Return how many logits a patch discriminator with two strided layers has along a side."""
    return (side // 2 + 1) // 2 + 1 + 2


class Logits(nn.Module):
    """A discriminator whose output is its logits alone, since the contract asks for one tensor."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.discriminator(x).logits
        return logits


def _ffc(
    ratio_gin: float, ratio_gout: float, stride: int = 1, lfu: bool = False
) -> Callable[[NormLayer | None], nn.Module]:
    return lambda norm: FFC(
        8,
        16,
        3,
        ratio_gin=ratio_gin,
        ratio_gout=ratio_gout,
        stride=stride,
        local_fourier_unit=lfu,
        norm_layer=norm,
    )


_GENERATOR_SIZES = ((16, 16), (24, 40), (16, 32))

CASES = [
    Case(
        "FourierUnit",
        lambda norm: FourierUnit(4, 8, norm_layer=norm),
        4,
        8,
        sizes=((8, 8), (9, 14), (1, 5)),
        inductor=True,
    ),
    Case("SpectralTransform", lambda norm: SpectralTransform(4, 8, norm_layer=norm), 4, 8),
    Case(
        "SpectralTransform-stride2",
        lambda norm: SpectralTransform(4, 8, stride=2, norm_layer=norm),
        4,
        8,
        output_side=halved,
    ),
    Case(
        "SpectralTransform-lfu",
        lambda norm: SpectralTransform(4, 8, local_fourier_unit=True, norm_layer=norm),
        4,
        8,
        size_multiple=2,
        sizes=((8, 8), (6, 14)),
    ),
    Case("FFC-local", _ffc(0, 0), 8, 16, normalises=False),
    Case("FFC-into-global", _ffc(0, 0.5), 8, 16, normalises=False),
    Case("FFC-out-of-global", _ffc(0.5, 0), 8, 16, normalises=False),
    Case("FFC-mixed", _ffc(0.5, 0.75), 8, 16),
    Case("FFC-all-global", _ffc(1, 1), 8, 16),
    Case("FFC-global-to-mixed", _ffc(1, 0.5), 8, 16),
    Case("FFC-stride2", _ffc(0.5, 0.5, stride=2), 8, 16, output_side=halved),
    Case("FFC-lfu", _ffc(0.5, 0.5, lfu=True), 8, 16, size_multiple=2, sizes=((8, 8), (6, 14))),
    Case(
        "FFCNormAct",
        lambda norm: FFCNormAct(
            8, 16, 3, ratio_gin=0.5, ratio_gout=0.75, dilation=2, norm_layer=norm
        ),
        8,
        16,
    ),
    Case(
        "FFCResidualBlock",
        lambda norm: FFCResidualBlock(8, ratio=0.75, norm_layer=norm),
        8,
        8,
        inductor=True,
    ),
    Case(
        "MultiDilatedConv2d",
        lambda _: MultiDilatedConv2d(8, 12, dilations=(1, 3)),
        8,
        12,
        normalises=False,
    ),
    Case("ResidualBlock", lambda norm: ResidualBlock(8, norm_layer=norm), 8, 8),
    Case(
        "ResidualBlock-dilated",
        lambda norm: ResidualBlock(8, conv_layer=MultiDilatedConv2d, norm_layer=norm),
        8,
        8,
        sizes=((9, 9), (10, 17)),
    ),
    Case(
        "lama_fourier",
        lambda norm: lama_fourier(base_channels=8, num_blocks=2, norm_layer=norm),
        4,
        3,
        size_multiple=8,
        sizes=_GENERATOR_SIZES,
    ),
    Case(
        "lama_fourier-one-channel",
        lambda norm: lama_fourier(
            2, 1, base_channels=4, num_blocks=1, num_downsamplings=1, norm_layer=norm
        ),
        2,
        1,
        size_multiple=2,
        sizes=((8, 8), (4, 10)),
        inductor=True,
    ),
    Case(
        "lama_fourier-lfu",
        lambda norm: lama_fourier(
            base_channels=4, num_blocks=1, ratio=0.5, local_fourier_unit=True, norm_layer=norm
        ),
        4,
        3,
        size_multiple=16,
        sizes=((16, 16), (32, 48)),
    ),
    Case(
        "lama_fourier_shallow",
        lambda norm: lama_fourier_shallow(base_channels=4, norm_layer=norm),
        4,
        3,
        size_multiple=8,
        sizes=_GENERATOR_SIZES,
    ),
    Case(
        "big_lama",
        lambda norm: big_lama(base_channels=4, norm_layer=norm),
        4,
        3,
        size_multiple=8,
        sizes=_GENERATOR_SIZES,
    ),
    Case(
        "lama_regular",
        lambda norm: lama_regular(base_channels=4, num_blocks=2, norm_layer=norm),
        4,
        3,
        size_multiple=8,
        sizes=_GENERATOR_SIZES,
    ),
    Case(
        "lama_regular_deep",
        lambda norm: lama_regular_deep(base_channels=4, norm_layer=norm),
        4,
        3,
        size_multiple=8,
        sizes=_GENERATOR_SIZES,
    ),
    Case(
        "lama_dilated",
        lambda norm: lama_dilated(base_channels=4, num_blocks=2, norm_layer=norm),
        4,
        3,
        size_multiple=8,
        sizes=((72, 72), (72, 80)),
    ),
    Case(
        "TwoStageGenerator",
        lambda norm: TwoStageGenerator(
            lama_fourier(base_channels=4, num_blocks=1, norm_layer=norm),
            lama_fourier(base_channels=4, num_blocks=1, num_downsamplings=2, norm_layer=norm),
            coarse_side=16,
        ),
        4,
        3,
        size_multiple=4,
        sizes=((24, 32), (16, 20), (40, 28)),
    ),
    Case(
        "PatchDiscriminator",
        lambda norm: Logits(PatchDiscriminator(base_channels=4, num_layers=2, norm_layer=norm)),
        3,
        1,
        output_side=logits_along,
    ),
    Case(
        "MultiScaleDiscriminator",
        lambda norm: Logits(
            MultiScaleDiscriminator(base_channels=4, num_layers=2, norm_layer=norm)
        ),
        3,
        2,
        output_side=logits_along,
    ),
]

NORM_LAYERS: dict[str, NormLayer | None] = {
    "batch": nn.BatchNorm2d,
    "group": partial(nn.GroupNorm, 1),
    "instance": partial(nn.InstanceNorm2d, affine=True),
    "none": None,
}
