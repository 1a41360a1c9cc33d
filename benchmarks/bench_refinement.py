"""Is refinement cheaper than a plain transcription? Prints our time and memory over its own."""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial

import torch
from torch import Tensor

from benchmarks.measure import Job, describe_machine, peak_memory, time_ratio
from benchmarks.textbook_refinement import textbook_refine
from lamakit.generators import ResNetGenerator, lama_fourier
from lamakit.refinement import refine

SIDE = 512


def jobs(device: torch.device, iterations: int) -> dict[str, Job]:
    """Every way to refine one image at two scales with the same network."""
    torch.manual_seed(0)
    model = lama_fourier().to(device).eval()
    image = torch.rand(1, 3, SIDE, SIDE, device=device)
    mask = torch.zeros(1, 1, SIDE, SIDE, device=device)
    mask[..., SIDE // 4 : SIDE * 3 // 4, SIDE // 4 : SIDE * 3 // 4] = 1
    ours = partial(
        refine, model, image, mask, min_side=SIDE // 2, max_scales=2, iterations=iterations
    )
    return {
        "textbook": partial(plain, model, image, mask, iterations, frozen=False),
        "textbook, frozen parameters": partial(plain, model, image, mask, iterations, frozen=True),
        "float32": ours,
        "bfloat16": partial(ours, autocast_dtype=torch.bfloat16),
        "checkpoint": partial(ours, checkpoint=True),
        "checkpoint, bfloat16": partial(ours, checkpoint=True, autocast_dtype=torch.bfloat16),
    }


def plain(
    model: ResNetGenerator, image: Tensor, mask: Tensor, iterations: int, *, frozen: bool
) -> None:
    model.requires_grad_(not frozen)
    textbook_refine(model, image, mask, scales=2, iterations=iterations)
    model.requires_grad_().zero_grad()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--peak-of", help="print the peak memory of this one job in MiB, no times")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    if arguments.peak_of:
        print(peak_memory(jobs(device, iterations=2)[arguments.peak_of], device))
        return
    print(describe_machine(device))
    every = jobs(device, arguments.iterations)
    print(f"time of {arguments.iterations} iterations at {SIDE}x{SIDE}, two scales")
    pairs = [(name, "textbook") for name in every if not name.startswith("textbook")]
    for name, reference in [*pairs, ("float32", "textbook, frozen parameters")]:
        ratio = time_ratio(every[name], every[reference], device, arguments.rounds)
        print(f"  {name}, against {reference}: {ratio}", flush=True)
    print("peak memory above that of the idle network, each in a process of its own")
    peaks = {name: peak_of_process(name, device) for name in every}
    for name, mebibytes in peaks.items():
        print(f"  {name}: {mebibytes:.0f} MiB, ratio {mebibytes / peaks['textbook']:.3f}")


def peak_of_process(name: str, device: torch.device) -> float:
    command = [sys.executable, "-m", "benchmarks.bench_refinement", "--device", str(device)]
    done = subprocess.run(  # noqa: S603 (this very module)
        [*command, "--peak-of", name], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
