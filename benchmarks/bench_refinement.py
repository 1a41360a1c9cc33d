"""Is refinement cheaper than a plain transcription? Prints our time and memory over its own."""

from __future__ import annotations

import argparse
from functools import partial

import torch
from torch import Tensor

from benchmarks.measure import Job, describe_machine, peak_in_process, peak_memory, time_ratio
from benchmarks.textbook_refinement import textbook_refine
from lamakit.generators import ResNetGenerator, lama_fourier
from lamakit.refinement import refine

SIDE = 512
OURS = ("float32", "bfloat16", "checkpoint", "checkpoint, bfloat16")


def jobs(device: torch.device, iterations: int) -> dict[str, Job]:
    """Return every way to refine one image at two scales with the same network."""
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
        "bfloat16": partial(in_bfloat16, device, ours),
        "checkpoint": partial(ours, checkpoint=True),
        "checkpoint, bfloat16": partial(in_bfloat16, device, partial(ours, checkpoint=True)),
    }


def in_bfloat16(device: torch.device, job: Job) -> None:
    with torch.autocast(device.type, torch.bfloat16):
        job()


def plain(
    model: ResNetGenerator, image: Tensor, mask: Tensor, iterations: int, *, frozen: bool
) -> None:
    """Run the plain transcription, whose parameters' gradients are computed unless frozen."""
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
    short = jobs(device, iterations=2)
    if arguments.peak_of:
        print(peak_memory(short[arguments.peak_of], device))
        return
    print(describe_machine(device))
    print(f"time of {arguments.iterations} iterations at {SIDE}x{SIDE}, two scales")
    for job in short.values():  # warms all up
        job()
    every = jobs(device, arguments.iterations)
    pairs = [(name, "textbook") for name in OURS]
    for name, reference in [*pairs, ("float32", "textbook, frozen parameters")]:
        ratio = time_ratio(every[name], every[reference], device, arguments.rounds, warm_up=False)
        print(f"  {name}, against {reference}: {ratio}", flush=True)
    print("peak memory above that of the idle network, each in a process of its own")
    peaks = {
        name: peak_in_process("benchmarks.bench_refinement", name, device)
        for name in ("textbook", *OURS)
    }
    for name, mebibytes in peaks.items():
        print(f"  {name}: {mebibytes:.0f} MiB, ratio {mebibytes / peaks['textbook']:.3f}")


if __name__ == "__main__":
    main()
