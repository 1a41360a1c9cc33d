"""How long does a mask take, against OpenCV in a loop? Prints lamakit's time over OpenCV's."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from benchmarks.measure import describe_machine, time_ratio
from benchmarks.textbook_masks import draw_masks
from lamakit.masks import Boxes, MaskSampler, OneOf, Strokes, medium, thick, thin

PRESETS: dict[str, Callable[[int], MaskSampler]] = {"thin": thin, "medium": medium, "thick": thick}


def parts(preset: MaskSampler) -> tuple[Strokes, Boxes | None]:
    """Return the strokes and the boxes of a preset."""
    samplers = preset.samplers if isinstance(preset, OneOf) else (preset,)
    (strokes,) = (sampler for sampler in samplers if isinstance(sampler, Strokes))
    return strokes, next((sampler for sampler in samplers if isinstance(sampler, Boxes)), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    device, rounds = torch.device(arguments.device), arguments.rounds
    # On a CPU, the time that all its threads spend; a GPU is waited for.
    batch, clock = (64, time.perf_counter) if device.type == "cuda" else (16, time.process_time)
    print(describe_machine(device))
    for name, preset in PRESETS.items():
        for side in (256, 512):
            sampler, generator = preset(side), torch.Generator().manual_seed(0)
            random = np.random.default_rng(0)
            ours = partial(sampler.batch, batch, (side, side), generator=generator, device=device)
            opencv = partial(draw_masks, *parts(sampler), batch, side, random)
            timing = time_ratio(ours, opencv, device, rounds, clock)
            each = 1000 * timing.ours / batch
            print(f"{name} {batch}x{side}x{side}: {each:.2f} ms a mask, {timing}")


if __name__ == "__main__":
    main()
