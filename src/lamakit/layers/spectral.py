"""Convolutions of an image's spectrum: the Fourier unit, and the spectral transform around it.

The idea: each number of the spectrum depends on all pixels of the image, and each pixel depends on
all numbers of the spectrum. So a 1x1 convolution of the spectrum connects all pixels with all
others, at any image size.
"""

from __future__ import annotations

from einops import rearrange
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_at_least, check_feature_map
from lamakit._sizes import fitting_size
from lamakit.layers.fourier import FourierBackend, irfft2_from_channels, rfft2_to_channels
from lamakit.layers.layer_types import ActivationLayer, NormLayer, make_activation, make_norm


class FourierUnit(nn.Module):
    """A 1x1 convolution, a normalisation and an activation of the image's spectrum.

    The spectrum is then transformed back, so each output pixel depends on each input pixel. Half
    precision and bfloat16 are transformed in float32, so any size works on any device. The spectrum
    itself is stored in the input's dtype: float16 overflows where a channel's mean times
    ``sqrt(H * W)`` exceeds 65504. bfloat16 does not.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        norm_layer: builds the normalisation from the ``2 * out_channels`` channels of the
            spectrum, which are all real, then all imaginary parts; None for none.
        activation_layer: builds the activation.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: (B, out_channels, H, W)

    Raises:
        ValueError: if an argument is below 1 or the input's shape does not fit.
        TypeError: if an argument is not an integer or the input not a floating-point tensor.

    Example:
        >>> import torch
        >>> FourierUnit(8, 16)(torch.rand(2, 8, 15, 20)).shape
        torch.Size([2, 16, 15, 20])

    Source:
        Chi et al., "Fast Fourier Convolution" (NeurIPS 2020), sec. 3.2; LaMa, sec. 2.1.
        Difference: published code puts each imaginary part behind its real part. With a
        normalisation by channel (batch, instance), only the order of the channels differs, and
        :mod:`lamakit.checkpoints` converts it.
    """

    fourier_backend: FourierBackend = "fft"
    """What computes the transforms; :func:`set_fourier_backend` sets it for a whole model."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        norm_layer: NormLayer | None = nn.BatchNorm2d,
        activation_layer: ActivationLayer = nn.ReLU,
    ) -> None:
        super().__init__()
        check_at_least("in_channels", in_channels, 1)
        check_at_least("out_channels", out_channels, 1)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.conv = nn.Conv2d(2 * in_channels, 2 * out_channels, 1, bias=False)
        self.norm = make_norm(norm_layer, 2 * out_channels, "of the spectrum in a Fourier unit")
        self.activation = make_activation(activation_layer)

    @override
    def forward(self, x: Tensor) -> Tensor:
        check_feature_map("x", x, self.in_channels)
        spectrum = rfft2_to_channels(x, self.fourier_backend)
        spectrum = self.activation(self.norm(self.conv(spectrum)))
        return irfft2_from_channels(spectrum, (x.shape[2], x.shape[3]), self.fourier_backend)

    @override
    def extra_repr(self) -> str:
        backend = "" if self.fourier_backend == "fft" else f", backend={self.fourier_backend!r}"
        return f"{self.in_channels}, {self.out_channels}{backend}"


class SpectralTransform(nn.Module):
    """The path of an FFC from global to global channels: a Fourier unit inside a bottleneck.

    A 1x1 convolution, a normalisation and an activation reduce the channels to half of
    ``out_channels``, rounded down. The Fourier units' outputs are added to the result, and a last
    1x1 convolution expands the sum to ``out_channels``.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: 1, or 2 to halve the sides first by average pooling (odd sides round up).
        local_fourier_unit: whether a second Fourier unit transforms the four quadrants of the image
            separately, on a quarter of the channels. No released LaMa model has one; the original
            FFC does.
        norm_layer: builds each normalisation from its number of channels; None for none.
        activation_layer: builds each activation.

    Shape:
        - Input: (B, in_channels, H, W)
        - Output: (B, out_channels, ceil(H / stride), ceil(W / stride))

    Raises:
        ValueError: if ``out_channels`` is below 2 (a multiple of 8 is needed with the local
            Fourier unit), if the input's shape does not fit, or if a side that the local Fourier
            unit would halve is odd.
        TypeError: if a number of channels is not an integer or the input not a floating-point
            tensor.

    Example:
        >>> import torch
        >>> SpectralTransform(8, 16, stride=2)(torch.rand(2, 8, 15, 20)).shape
        torch.Size([2, 16, 8, 10])

    Source:
        Chi et al., "Fast Fourier Convolution" (NeurIPS 2020), sec. 3.2. Differences: the two sides
        are halved independently for the local Fourier unit, so images need not be square; and odd
        sides are accepted with stride 2.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        local_fourier_unit: bool = False,
        norm_layer: NormLayer | None = nn.BatchNorm2d,
        activation_layer: ActivationLayer = nn.ReLU,
    ) -> None:
        super().__init__()
        check_at_least("in_channels", in_channels, 1)
        check_at_least("out_channels", out_channels, 2)
        if stride not in (1, 2):
            raise ValueError(f"stride must be 1 or 2, got {stride}")
        hidden = out_channels // 2
        if local_fourier_unit and hidden % 4:
            raise ValueError(
                "out_channels must be a multiple of 8 with a local Fourier unit, "
                f"got {out_channels} (half of it is cut into quarters)"
            )
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride
        self.size_multiple = 2 * stride if local_fourier_unit else 1
        self.pool = nn.AvgPool2d(2, ceil_mode=True) if stride == 2 else nn.Identity()
        self.reduce = nn.Sequential(
            nn.Conv2d(in_channels, hidden, 1, bias=False),
            make_norm(norm_layer, hidden, "inside a spectral transform, half of those it returns"),
            make_activation(activation_layer),
        )
        self.fourier_unit = FourierUnit(
            hidden, hidden, norm_layer=norm_layer, activation_layer=activation_layer
        )
        self.local_fourier_unit = (
            FourierUnit(hidden, hidden, norm_layer=norm_layer, activation_layer=activation_layer)
            if local_fourier_unit
            else None
        )
        self.expand = nn.Conv2d(hidden, out_channels, 1, bias=False)

    @override
    def forward(self, x: Tensor) -> Tensor:
        check_feature_map("x", x, self.in_channels)
        fitting = fitting_size((x.shape[2], x.shape[3]), self.size_multiple)
        if fitting != (x.shape[2], x.shape[3]):
            raise ValueError(
                f"x is {x.shape[2]}x{x.shape[3]}, but a local Fourier unit needs sides that are "
                f"multiples of {self.size_multiple} here: pad it to {fitting[0]}x{fitting[1]}"
            )
        y = self.reduce(self.pool(x))
        z = y + self.fourier_unit(y)
        if self.local_fourier_unit is not None:
            quadrants = self.local_fourier_unit(_stack_quadrants(y[:, : y.shape[1] // 4]))
            z = z + quadrants.repeat(1, 1, 2, 2)
        out: Tensor = self.expand(z)
        return out

    @override
    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}, stride={self.stride}"


def _stack_quadrants(x: Tensor) -> Tensor:
    """Return the quadrants as channels: top left, bottom left, top right, bottom right."""
    return rearrange(
        x,
        "b c (vertical h) (horizontal w) -> b (horizontal vertical c) h w",
        vertical=2,
        horizontal=2,
    )
