"""How many masks a second, against a loop over strokes? Prints our time over its time."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from benchmarks.measure import describe_machine, time_ratio
from benchmarks.textbook_masks import draw_masks
from lamakit.masks import Boxes, MaskSampler, OneOf, Strokes, medium, thick, thin

BATCH = 64
PRESETS: dict[str, Callable[[int], MaskSampler]] = {"thin": thin, "medium": medium, "thick": thick}


def parts(preset: MaskSampler) -> tuple[Strokes, Boxes | None]:
    """The two families of a preset."""
    samplers = preset.samplers if isinstance(preset, OneOf) else (preset,)
    (strokes,) = (sampler for sampler in samplers if isinstance(sampler, Strokes))
    return strokes, next((sampler for sampler in samplers if isinstance(sampler, Boxes)), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    device, rounds = torch.device(arguments.device), arguments.rounds
    print(describe_machine(device))
    for name, preset in PRESETS.items():
        for side in (256, 512):
            sampler, generator = preset(side), torch.Generator().manual_seed(0)
            random = np.random.default_rng(0)
            ours = partial(sampler.batch, BATCH, (side, side), generator=generator, device=device)
            one = partial(sampler.batch, 1, (side, side), generator=generator, device=device)
            textbook = partial(draw_masks, *parts(sampler), BATCH, side, random)
            timing = time_ratio(ours, textbook, device, rounds)
            print(
                f"{name} {BATCH}x{side}x{side}: {BATCH / timing.ours:.0f} masks a second, {timing}"
            )
            batch = time_ratio(ours, one, device, rounds)
            print(f"{name} {BATCH} masks over one: ratio {batch.ratio:.1f}")


if __name__ == "__main__":
    main()
