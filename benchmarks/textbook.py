"""A Fourier generator as the papers draw it: the plain reference of the speed benchmarks.

Every layer takes and returns two tensors, the local and the global branch. Each pair of branches
has a convolution of its own and each branch a normalisation of its own. Nothing is merged or fused.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Branches = tuple[Tensor, Tensor]


class TextbookFourierUnit(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2 * channels, 2 * channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(2 * channels)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        spectrum = torch.fft.rfft2(x, norm="ortho")
        parts = torch.stack((spectrum.real, spectrum.imag), dim=2)
        parts = parts.reshape(batch, 2 * channels, height, -1)
        parts = F.relu(self.norm(self.conv(parts)))
        parts = parts.reshape(batch, channels, 2, height, -1)
        spectrum = torch.complex(parts[:, :, 0], parts[:, :, 1])
        image: Tensor = torch.fft.irfft2(spectrum, s=(height, width), norm="ortho")
        return image


class TextbookSpectralTransform(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // 2
        self.conv1 = nn.Conv2d(channels, hidden, 1, bias=False)
        self.norm = nn.BatchNorm2d(hidden)
        self.fourier_unit = TextbookFourierUnit(hidden)
        self.conv2 = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(self.conv1(x)))
        out: Tensor = self.conv2(x + self.fourier_unit(x))
        return out


class TextbookFFC(nn.Module):
    def __init__(self, local_channels: int, global_channels: int) -> None:
        super().__init__()

        def conv(inputs: int, outputs: int) -> nn.Conv2d:
            return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False, padding_mode="reflect")

        self.local_to_local = conv(local_channels, local_channels)
        self.global_to_local = conv(global_channels, local_channels)
        self.local_to_global = conv(local_channels, global_channels)
        self.global_to_global = TextbookSpectralTransform(global_channels)
        self.local_norm = nn.BatchNorm2d(local_channels)
        self.global_norm = nn.BatchNorm2d(global_channels)

    def forward(self, x: Branches) -> Branches:
        local, image_wide = x
        out_local = self.local_to_local(local) + self.global_to_local(image_wide)
        out_global = self.local_to_global(local) + self.global_to_global(image_wide)
        return F.relu(self.local_norm(out_local)), F.relu(self.global_norm(out_global))


class TextbookBlock(nn.Module):
    def __init__(self, local_channels: int, global_channels: int) -> None:
        super().__init__()
        self.conv1 = TextbookFFC(local_channels, global_channels)
        self.conv2 = TextbookFFC(local_channels, global_channels)

    def forward(self, x: Branches) -> Branches:
        local, image_wide = self.conv2(self.conv1(x))
        return x[0] + local, x[1] + image_wide


class TextbookGenerator(nn.Module):
    """The paper's "LaMa-Fourier": nine blocks, three quarters of whose channels are global."""

    def __init__(self, num_blocks: int = 9, base_channels: int = 64) -> None:
        super().__init__()

        def conv(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Sequential:
            layer = nn.Conv2d(
                inputs, outputs, size, stride, size // 2, bias=False, padding_mode="reflect"
            )
            return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU())

        def up(channels: int) -> nn.Sequential:
            layer = nn.ConvTranspose2d(channels, channels // 2, 3, 2, 1, output_padding=1)
            return nn.Sequential(layer, nn.BatchNorm2d(channels // 2), nn.ReLU())

        c = base_channels
        self.local_channels = 2 * c
        self.head = nn.Sequential(conv(4, c, 7), conv(c, 2 * c, 3, 2), conv(2 * c, 4 * c, 3, 2))
        self.to_local = conv(4 * c, 2 * c, 3, 2)
        self.to_global = conv(4 * c, 6 * c, 3, 2)
        self.blocks = nn.Sequential(*(TextbookBlock(2 * c, 6 * c) for _ in range(num_blocks)))
        self.tail = nn.Sequential(
            up(8 * c), up(4 * c), up(2 * c), nn.ReflectionPad2d(3), nn.Conv2d(c, 3, 7), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(x)
        image: Tensor = self.tail(
            torch.cat(self.blocks((self.to_local(x), self.to_global(x))), dim=1)
        )
        return image
