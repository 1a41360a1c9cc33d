"""How long does an object-shaped mask take, against trying each place on whole images?

Prints lamakit's CPU time over the reference's, at 256 pixels with 23 objects and at 1024 with 5.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import numpy as np
import torch

from benchmarks.measure import describe_machine, time_ratio
from benchmarks.textbook_objects import draw_object_mask, random_objects
from lamakit.masks import MaskStack, ObjectShaped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    device = torch.device("cpu")
    print(describe_machine(device))
    for count, side in ((23, 256), (5, 1024)):
        objects = random_objects(count, side, np.random.default_rng(0))
        sampler = ObjectShaped(instances=MaskStack.of(torch.from_numpy(objects)))
        ours = partial(sampler, (side, side), generator=torch.Generator().manual_seed(0))
        plain = partial(draw_object_mask, objects, np.random.default_rng(0))
        timing = time_ratio(ours, plain, device, arguments.rounds, time.process_time)
        each = 1000 * timing.ours
        print(f"{count} objects, {side}x{side}: {each:.1f} ms a mask, {timing}")


if __name__ == "__main__":
    main()
