"""What does each way to fill a hole in a large image cost? Prints time and memory against one pass.

The reference is one plain pass of the same network over the whole image. Refinement's time grows
with its iterations: few are enough to see a change, and ``--iterations 15`` gives the figures of
the default.
"""

from __future__ import annotations

import argparse
from functools import partial

import torch

from benchmarks.measure import Job, describe_machine, peak_in_process, peak_memory, time_ratio
from lamakit.generators import TwoStageGenerator, lama_fourier
from lamakit.inpainting import inpaint, inpaint_crop, inpaint_multiscale, inpaint_tiled
from lamakit.refinement import refine

SIDE, HOLE, SMALL = 512, 100, 256


def jobs(device: torch.device, iterations: int) -> dict[str, Job]:
    """Return every way to fill one hole in the middle of one image with the same network."""
    torch.manual_seed(0)
    model = lama_fourier().to(device).eval()
    image = torch.rand(1, 3, SIDE, SIDE, device=device)
    mask = torch.zeros(1, 1, SIDE, SIDE, device=device)
    start = (SIDE - HOLE) // 2
    mask[..., start : start + HOLE, start : start + HOLE] = 1
    pair = image, mask
    refined = partial(refine, model, *pair, min_side=SMALL, iterations=iterations)
    return {
        "inpaint": partial(inpaint, model, *pair),
        "inpaint_multiscale": partial(inpaint_multiscale, model, *pair, max_side=SMALL),
        "inpaint_crop": partial(inpaint_crop, model, *pair, margin=64, max_side=SMALL),
        "inpaint_tiled": partial(inpaint_tiled, model, *pair, tile=SMALL, overlap=64),
        "TwoStageGenerator": partial(inpaint, TwoStageGenerator(model, model), *pair),
        "refine": refined,
        "refine, checkpoint": partial(refined, checkpoint=True),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--iterations", type=int, default=3, help="of refinement")
    parser.add_argument("--peak-of", help="print the peak memory of this one job in MiB, no times")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    short = jobs(device, iterations=2)  # more iterations hold no more memory
    if arguments.peak_of:
        with torch.inference_mode():
            print(peak_memory(short[arguments.peak_of], device))
        return
    print(describe_machine(device))
    print(
        f"a hole of {HOLE}x{HOLE} in {SIDE}x{SIDE} pixels, against one plain pass; refine with "
        f"{arguments.iterations} iterations"
    )
    for name, job in jobs(device, arguments.iterations).items():
        with torch.inference_mode():
            short[name]()
            ratio = time_ratio(job, short["inpaint"], device, arguments.rounds, warm_up=False)
        peak = peak_in_process("benchmarks.bench_strategies", name, device)
        print(f"  {name}: {ratio}; {peak:.0f} MiB at the peak", flush=True)


if __name__ == "__main__":
    main()
