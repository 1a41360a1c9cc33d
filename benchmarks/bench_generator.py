"""Is our Fourier generator slower than a plain textbook one? Prints our time over its time."""

from __future__ import annotations

import argparse
from functools import partial

import torch
from torch import nn

from benchmarks.measure import describe_machine, time_ratio
from benchmarks.textbook import TextbookGenerator
from lamakit.generators import lama_fourier


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    torch.manual_seed(0)
    ours, textbook = lama_fourier().to(device), TextbookGenerator().to(device)
    image = torch.rand(1, 4, 512, 512, device=device)
    crops = torch.rand(2, 4, 256, 256, device=device)

    def forward(model: nn.Module) -> None:
        with torch.inference_mode():
            model.eval()(image)

    def training_step(model: nn.Module) -> None:
        model.train().zero_grad(set_to_none=True)
        model(crops).mean().backward()

    print(describe_machine(device))
    for name, job in [("forward 512x512", forward), ("training step 2x256x256", training_step)]:
        ratio = time_ratio(partial(job, ours), partial(job, textbook), device, arguments.rounds)
        print(f"{name}: {ratio}")


if __name__ == "__main__":
    main()
