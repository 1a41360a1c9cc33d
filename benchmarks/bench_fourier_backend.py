"""Are Fourier transforms by matrix products slower than fast ones? Prints the ratio of times."""

from __future__ import annotations

import argparse
import copy
import time
from functools import partial

import torch
from torch import Tensor, nn

from benchmarks.measure import describe_machine, time_ratio
from lamakit.layers import FourierUnit
from lamakit.layers.fourier import FourierBackend, irfft2_from_channels, rfft2_to_channels
from lamakit.layers.fourier_backends import set_fourier_backend

SIDES = (8, 16, 32, 64, 128, 256, 333, 512)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--channels", type=int, default=64)
    arguments = parser.parse_args()
    device, channels = torch.device(arguments.device), arguments.channels
    # Small transforms take less time than other programs take from them at times.
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    torch.manual_seed(0)
    fast = FourierUnit(channels, channels).to(device).eval()
    products = set_fourier_backend(copy.deepcopy(fast), "matmul")

    print(f"{describe_machine(device)}, {channels} channels")
    for side in SIDES:
        image = torch.rand(1, channels, side, side, device=device)
        calls = max(1, 256 // side)
        pair = time_ratio(
            partial(transform_pair, image, "matmul", calls),
            partial(transform_pair, image, "fft", calls),
            device,
            arguments.rounds,
            clock,
        )
        unit = time_ratio(
            partial(forward, products, image, calls),
            partial(forward, fast, image, calls),
            device,
            arguments.rounds,
            clock,
        )
        print(f"{side}x{side}: transform pair {pair.ratio:.2f}, Fourier unit {unit.ratio:.2f}")


def transform_pair(image: Tensor, backend: FourierBackend, calls: int) -> None:
    """Transform to the spectrum and back."""
    with torch.inference_mode():
        for _ in range(calls):
            spectrum = rfft2_to_channels(image, backend)
            irfft2_from_channels(spectrum, (image.shape[2], image.shape[3]), backend)


def forward(unit: nn.Module, image: Tensor, calls: int) -> None:
    """Run a Fourier unit."""
    with torch.inference_mode():
        for _ in range(calls):
            unit(image)


if __name__ == "__main__":
    main()
