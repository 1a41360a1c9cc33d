"""Patch discriminators at several scales at once."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_at_least, check_feature_map, check_sides
from lamakit.discriminators.patch_discriminator import DiscriminatorOutput, PatchDiscriminator
from lamakit.layers.layer_types import ActivationLayer, NormLayer

__all__ = ["MultiScaleDiscriminator"]


class MultiScaleDiscriminator(nn.Module):
    """Logits for the patches of an image, of its half, its quarter ...: one channel a scale.

    Each scale has a :class:`PatchDiscriminator` of its own. The logits of the smaller scales are
    repeated to the size of the first, so each scale counts the same in a mean over all, and a loss
    that compares logits with a mask needs to know of one size only.

    Args:
        in_channels: channels of the image.
        num_scales: how many scales; each halves the one before it, bilinearly.
        base_channels: as in :class:`PatchDiscriminator`.
        num_layers: as in :class:`PatchDiscriminator`.
        norm_layer: as in :class:`PatchDiscriminator`.
        activation_layer: as in :class:`PatchDiscriminator`.
        spectral_norm: as in :class:`PatchDiscriminator`.

    Attributes:
        min_size: the smallest side that works.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: a :class:`DiscriminatorOutput` of logits (B, num_scales, h, w) and
          ``num_scales * (num_layers + 1)`` feature maps, those of the largest scale first

    Raises:
        ValueError: if an argument is out of range or an input does not fit.
        TypeError: if the input is not a floating-point tensor.

    Example:
        >>> import torch
        >>> output = MultiScaleDiscriminator(base_channels=8)(torch.rand(2, 3, 64, 96))
        >>> output.logits.shape, len(output.features)
        (torch.Size([2, 2, 7, 9]), 10)

    Source:
        Wang et al., "High-Resolution Image Synthesis ... with Conditional GANs" (CVPR 2018), sec.
        3.2 ("Multi-scale discriminators"). Differences: two scales by default where the paper has
        three; each discriminator is LaMa's; images are halved bilinearly; one tensor of logits
        where theirs is a list.
    """

    def __init__(
        self,
        in_channels: int = 3,
        *,
        num_scales: int = 2,
        base_channels: int = 64,
        num_layers: int = 4,
        norm_layer: NormLayer | None = nn.BatchNorm2d,
        activation_layer: ActivationLayer = partial(nn.LeakyReLU, 0.2, inplace=True),
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        check_at_least("num_scales", num_scales, 1)
        self.in_channels = in_channels
        self.min_size = 2 ** (num_scales - 1)
        self.scales = nn.ModuleList(
            PatchDiscriminator(
                in_channels,
                base_channels=base_channels,
                num_layers=num_layers,
                norm_layer=norm_layer,
                activation_layer=activation_layer,
                spectral_norm=spectral_norm,
            )
            for _ in range(num_scales)
        )

    @override
    def forward(self, x: Tensor) -> DiscriminatorOutput:
        check_feature_map("x", x, self.in_channels)
        check_sides("x", x, self.min_size, f"halving it {len(self.scales) - 1} times")
        outputs: list[DiscriminatorOutput] = []
        for number, scale in enumerate(self.scales):
            if number:
                x = F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)
            outputs.append(scale(x))
        size = outputs[0].logits.shape[2:]
        logits = [F.interpolate(output.logits, size, mode="nearest-exact") for output in outputs]
        features = [feature for output in outputs for feature in output.features]
        return DiscriminatorOutput(torch.cat(logits, dim=1), tuple(features))
