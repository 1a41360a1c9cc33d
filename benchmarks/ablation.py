"""Do the central claims of LaMa and GLaMa hold for tiny networks, trained for three minutes each?

There are 24 trainings on crops of 64 pixels, three seeds of each kind::

    python -m benchmarks.ablation --images photographs --output ablation

Each writes its weights, and a JSON file with its settings and every metric of every test image. The
same command goes on after an interruption. At the end there are a table and a plot for each claim:

architectures   Fourier, dilated and regular blocks, of equal width, with equally many parameters
training_masks  wide (LaMa's) and narrow (DeepFill's) masks in training
mask_families   LaMa's masks in training, or five or all seven of GLaMa's families
losses          GLaMa's objective with and without its total variation and focal frequency losses
refinement      feature refinement against a single pass, at twice the size of the crops

The number of steps is fixed, so that the load of the machine changes nothing, and trainings with
the same seed see the same crops in the same order: of photographs, and of as many textures, since
photographs show few lattices. All trainings but those of ``losses`` minimise the absolute
difference of the pixels, five times as much in the hole, without a discriminator.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.ablation_data import SIDE, TestSet, family_tests, large_tests, prepare_images
from benchmarks.ablation_report import REFINED, SEEDS, claims, write_reports
from benchmarks.ablation_training import Run, StoppedError, plan, train
from lamakit._files import replace_file
from lamakit.evaluation import evaluate_resolutions
from lamakit.evaluation.methods import InpaintingMethod
from lamakit.images import composite, dilate
from lamakit.metrics import l1, log_spectral_distance, restrict_to, ssim
from lamakit.refinement import refine
from lamakit.training import StopSignals, build_networks

METRICS = {
    "L1": lambda prediction, target, mask: 255 * l1(prediction, target, mask),
    "SSIM": ssim,
    # Known pixels beside the hole show whether its pattern goes on.
    "spectral distance": restrict_to(lambda mask: dilate(mask, 4), log_spectral_distance),
}
Values = dict[str, dict[str, list[float]]]  # by test and metric, for each image


def measure(
    method: InpaintingMethod, tests: Mapping[str, TestSet], resolutions: Sequence[int]
) -> Values:
    """Return the values of all tests at each resolution; smaller ones are copies."""
    found: Values = {}
    for name, test in tests.items():
        curve = evaluate_resolutions(
            method, *test, resolutions=resolutions, metrics=METRICS, batch_size=8
        )
        for side, evaluation in curve.evaluations.items():
            found[f"{name}, {side}"] = {
                metric: [round(value, 6) for value in values.tolist()]
                for metric, values in evaluation.values.items()
            }
    return found


def fill_with_mean_color(image: Tensor, mask: Tensor) -> Tensor:
    """Return the image with its hole in the mean colour of its known pixels."""
    known = 1 - mask
    mean = (image * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True)
    return composite(mean.expand_as(image), image, mask)


class Ablation:
    """The trainings and their results in a folder."""

    def __init__(self, output: Path, runs: Mapping[str, Run], signals: StopSignals) -> None:
        self.output, self.runs, self.signals = output, runs, signals
        images = output / "images"
        self.large, self.families = large_tests(images), family_tests(images)

    def measure_all(self, method: InpaintingMethod) -> Values:
        large = measure(method, self.large, (SIDE, 3 * SIDE))
        return large | measure(method, self.families, (SIDE,))

    def finish(self, name: str) -> None:
        """Make the result of that name, unless it exists."""
        path = self.output / f"{name}.json"
        if path.exists():
            self.check(name, json.loads(path.read_text()))
            return
        self.stop_if_asked()
        print(f"{name} ...", end=" ", flush=True)
        start = time.perf_counter()
        content: dict[str, Any] = {}
        if name == "mean_color":
            content["values"] = self.measure_all(fill_with_mean_color)
        elif name in self.runs:
            model, content = train(self.runs[name], self.signals)
            content["values"] = self.measure_all(model)
            weights = model.state_dict()
            replace_file(path.with_suffix(".pt"), partial(torch.save, weights))
        else:
            content["values"] = self.refine(*name.rsplit("-", 1))
        text = json.dumps(content, indent=1).encode()
        replace_file(path, lambda file: file.write(text))
        print(f"{time.perf_counter() - start:.0f} s", flush=True)

    def check(self, name: str, found: Mapping[str, Any]) -> None:
        """Raise if a result is that of other settings."""
        if name not in self.runs:
            return
        mine = json.loads(json.dumps(self.runs[name].settings.to_dict())) | {"images": ""}
        theirs = found["settings"] | {"images": ""}
        if mine != theirs or repr(self.runs[name].masks) != found["masks"]:
            differing = [key for key in mine if mine[key] != theirs.get(key)]
            raise ValueError(
                f"{self.output / name}.json is of another {', '.join(differing) or 'masks'}: give "
                "another --output, or the same --minutes and --steps as before"
            )

    def refine(self, name: str, way: str) -> Values:
        """Return the values of a trained network in one pass, or refined."""
        self.finish(name)
        model, _ = build_networks(self.runs[name].settings)
        model.load_state_dict(torch.load(self.output / f"{name}.pt", weights_only=True))

        def fill(image: Tensor, mask: Tensor) -> Tensor:
            # A disc of 15 pixels for 512 corresponds to 3 for images of 128.
            refined = partial(refine, model, min_side=SIDE, max_scales=2, erosion=3)
            return refined(image, mask, on_step=self.stop_if_asked)

        tests = {name: self.large[name] for name in REFINED}
        return measure(model if way == "one_pass" else fill, tests, (2 * SIDE,))

    def stop_if_asked(self, *_: object) -> None:
        if self.signals.received:
            raise StoppedError


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", help="folder of photographs, of at least 256 pixels a side")
    parser.add_argument("--output", type=Path, required=True, help="folder for all results")
    parser.add_argument("--minutes", type=float, default=3, help="of a training on two quiet cores")
    parser.add_argument("--steps", type=int, help="of every training, instead of --minutes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=claims(), help="make the results of one table only")
    parser.add_argument("--report", action="store_true", help="only tables and plots, no training")
    arguments = parser.parse_args()
    if not arguments.report and not arguments.images:
        parser.error("--images is needed, but for --report")
    torch.set_num_threads(arguments.threads)
    output: Path = arguments.output
    chosen = {n: claim for n, claim in claims().items() if arguments.only in (None, n)}
    if not arguments.report:
        prepare_images(arguments.images, output / "images")
        runs = plan(output / "images", arguments.minutes, arguments.steps)
        with StopSignals() as signals:
            ablation = Ablation(output, runs, signals)
            try:
                for seed in SEEDS:  # so that whatever is done by then can be compared
                    for claim in chosen.values():
                        for column in claim.columns.values():
                            ablation.finish(column[seed])
            except StoppedError:
                print(f"stopped by {signals.received}; the same command continues")
                return
    write_reports(output, chosen)


if __name__ == "__main__":
    main()
