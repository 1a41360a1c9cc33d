"""Is a Fourier generator slower than a regular one? Prints Fourier's time over the regular's."""

from __future__ import annotations

import argparse
from functools import partial

import torch
from torch import nn

from benchmarks.measure import describe_machine, time_ratio
from lamakit.generators import lama_dilated, lama_fourier, lama_regular


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    torch.manual_seed(0)
    fourier, regular, dilated = (
        build().to(device).eval() for build in (lama_fourier, lama_regular, lama_dilated)
    )

    def forward(model: nn.Module, image: torch.Tensor) -> None:
        with torch.inference_mode():
            model(image)

    print(describe_machine(device))
    for name, model in (("Fourier", fourier), ("dilated", dilated)):
        print(f"{name} against regular: {parameters(model) / parameters(regular):.2f} parameters")
        for side in (256, 512):
            image = torch.rand(1, 4, side, side, device=device)
            jobs = partial(forward, model, image), partial(forward, regular, image)
            print(f"  forward {side}x{side}: {time_ratio(*jobs, device, arguments.rounds)}")


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


if __name__ == "__main__":
    main()
