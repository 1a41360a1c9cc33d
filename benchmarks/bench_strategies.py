"""What does each way to a large image cost? Prints time and memory over those of one plain pass."""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial

import torch

from benchmarks.measure import Job, describe_machine, peak_memory, time_ratio
from lamakit.generators import TwoStageGenerator, lama_fourier
from lamakit.inpainting import inpaint, inpaint_crop, inpaint_multiscale, inpaint_tiled
from lamakit.refinement import refine

SIDE, HOLE, SMALL = 512, 100, 256


def jobs(device: torch.device) -> dict[str, Job]:
    """Every way to fill one hole in the middle of one image with the same network."""
    torch.manual_seed(0)
    model = lama_fourier().to(device).eval()
    image = torch.rand(1, 3, SIDE, SIDE, device=device)
    mask = torch.zeros(1, 1, SIDE, SIDE, device=device)
    start = (SIDE - HOLE) // 2
    mask[..., start : start + HOLE, start : start + HOLE] = 1
    pair = image, mask
    return {
        "inpaint": partial(inpaint, model, *pair),
        "inpaint_multiscale": partial(inpaint_multiscale, model, *pair, max_side=SMALL),
        "inpaint_crop": partial(inpaint_crop, model, *pair, margin=64, max_side=SMALL),
        "inpaint_tiled": partial(inpaint_tiled, model, *pair, tile=SMALL, overlap=64),
        "TwoStageGenerator": partial(inpaint, TwoStageGenerator(model, model), *pair),
        "refine": partial(refine, model, *pair, min_side=SMALL),
        "refine, checkpoint": partial(refine, model, *pair, min_side=SMALL, checkpoint=True),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peak-of", help="print the peak memory of this one job in MiB, no times")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    every = jobs(device)
    with torch.inference_mode():
        if arguments.peak_of:
            print(peak_memory(every[arguments.peak_of], device))
            return
        print(describe_machine(device))
        print(f"a hole of {HOLE}x{HOLE} in {SIDE}x{SIDE} pixels, against one plain pass")
        for name, job in every.items():
            ratio = time_ratio(job, every["inpaint"], device, arguments.rounds)
            command = [sys.executable, "-m", "benchmarks.bench_strategies", "--device", str(device)]
            done = subprocess.run(  # noqa: S603 (this very module)
                [*command, "--peak-of", name], capture_output=True, text=True, check=True
            )
            print(f"  {name}: {ratio}; {float(done.stdout):.0f} MiB at the peak", flush=True)


if __name__ == "__main__":
    main()
