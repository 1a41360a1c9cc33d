"""A discriminator that looks at an image at several scales."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import Unpack, override

from lamakit._checks import check_at_least, check_sides
from lamakit.discriminators.conditions import stack_condition
from lamakit.discriminators.patch_discriminator import (
    DiscriminatorOutput,
    PatchDiscriminator,
    PatchOptions,
)


class MultiScaleDiscriminator(nn.Module):
    """Several patch discriminators: for the image, for its half-size copy, and so on.

    Each scale has its own :class:`PatchDiscriminator` and its own channel of the logits. The logits
    of the smaller scales are repeated (nearest neighbour) to the size of the first. So each scale
    has the same weight in a mean over all logits, and a loss that compares logits with a mask needs
    the mask at one size only.

    Args:
        in_channels: channels of the image, and of the condition if there is one.
        num_scales: number of scales. Each is half the size of the one before, resized bilinearly.
        **options: the other arguments of :class:`PatchDiscriminator`: ``base_channels=64``,
            ``num_layers=4``, ``norm_layer=nn.BatchNorm2d``,
            ``activation_layer=partial(nn.LeakyReLU, 0.2, inplace=True)`` and
            ``spectral_norm=False``.

    Attributes:
        min_size: the smallest side in pixels that can be halved for each further scale.

    Shape:
        - Input: an image (B, C, H, W), and optionally a condition (B, in_channels - C, H, W), which
          is stacked behind it
        - Output: a :class:`DiscriminatorOutput` of logits (B, num_scales, h, w) and
          ``num_scales * (num_layers + 1)`` feature maps, those of the whole image first

    Raises:
        ValueError: if an argument is out of range or an input does not fit.
        TypeError: as :class:`PatchDiscriminator` does.

    Example:
        >>> import torch
        >>> output = MultiScaleDiscriminator(base_channels=8)(torch.rand(2, 3, 64, 96))
        >>> output.logits.shape, len(output.features)
        (torch.Size([2, 2, 7, 9]), 10)

    Source:
        Wang et al., "High-Resolution Image Synthesis ... with Conditional GANs" (CVPR 2018), sec.
        3.2 ("Multi-scale discriminators"). Differences: two scales by default where the paper has
        three; each discriminator is LaMa's; images are resized bilinearly; the logits are one
        tensor instead of a list.
    """

    def __init__(
        self, in_channels: int = 3, *, num_scales: int = 2, **options: Unpack[PatchOptions]
    ) -> None:
        super().__init__()
        check_at_least("num_scales", num_scales, 1)
        self.in_channels = in_channels
        self.min_size = 2 ** (num_scales - 1)
        self.scales = nn.ModuleList(
            PatchDiscriminator(in_channels, **options) for _ in range(num_scales)
        )

    @override
    def forward(self, x: Tensor, condition: Tensor | None = None) -> DiscriminatorOutput:
        x = stack_condition(x, condition, self.in_channels)
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
