"""What the ablation compares, and a table and a plot for each comparison."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from benchmarks.ablation_data import SIDE, mask_families

SEEDS = (0, 1, 2)
BLOCKS = {"fourier": 7, "dilated": 4, "regular": 4}  # parameters that differ by 1.2 % at most
REFINED = ("photographs, thick", "periodic, thick")  # the tests of refinement
LOSSES = ("neither", "balanced")
METRICS = {
    "L1": "difference in the hole, grey levels (0 is best)",
    "SSIM": "SSIM in the hole (1 is best)",
    "spectral distance": "spectral distance, dB (0 is best)",
}


@dataclass(frozen=True)
class Claim:
    """The columns of a table, each with its result of each seed, and the tests in its rows.

    Each column is compared with the first; with ``pairs``, every second one with the one before.
    """

    columns: Mapping[str, Sequence[str]]
    tests: Sequence[str]
    pairs: bool = False

    def reference(self, number: int) -> int:
        """Return the number of the column that one is compared with."""
        return number - number % 2 if self.pairs else 0


def claims() -> dict[str, Claim]:
    """Return the comparisons by name."""
    kinds = ("photographs", "periodic", "aperiodic")
    tests = [f"{k}, {m}, {s}" for s in (SIDE, 3 * SIDE) for k in kinds for m in ("thin", "thick")]
    wide, narrow, five, all_seven = (
        names("fourier", masks)
        for masks in ("lama_training", "deepfill_like", "lama_plus", "glama_general")
    )
    mean_color = {"mean colour": ["mean_color"] * len(SEEDS)}
    return {
        "architectures": Claim({n: names(n) for n in BLOCKS} | mean_color, tests),
        "training_masks": Claim({"wide": wide, "narrow": narrow} | mean_color, tests),
        "mask_families": Claim(
            {"LaMa's": wide, "five families": five, "all seven": all_seven} | mean_color,
            [f"{family}, {SIDE}" for family in mask_families()],
        ),
        "losses": Claim({loss: names("fourier", loss=loss) for loss in LOSSES} | mean_color, tests),
        "refinement": Claim(
            {
                f"{network}, {title}": [f"{name}-{way}" for name in names(network)]
                for network in BLOCKS
                for way, title in (("one_pass", "one pass"), ("refined", "refined"))
            },
            [f"{test}, {2 * SIDE}" for test in REFINED],
            pairs=True,
        ),
    }


def names(network: str, masks: str = "lama_training", loss: str = "l1") -> list[str]:
    """Return the names of a kind of training, by seed."""
    return [f"{network}-{masks}-{loss}-{seed}" for seed in SEEDS]


def write_reports(output: Path, chosen: Mapping[str, Claim]) -> None:
    """Print and write the table and the plot of each comparison, of the seeds that are complete."""
    for name, claim in chosen.items():
        seeds = [
            seed
            for seed in SEEDS
            if all((output / f"{runs[seed]}.json").exists() for runs in claim.columns.values())
        ]
        if not seeds:
            print(f"{name}: no seed is complete yet")
            continue
        results = {
            column: [json.loads((output / f"{runs[seed]}.json").read_text()) for seed in seeds]
            for column, runs in claim.columns.items()
        }
        text = "\n".join([f"# {name}", "", *describe(claim, results), "", *table(claim, results)])
        print(text, end="\n\n")
        (output / f"{name}.md").write_text(text + "\n")
        draw(output / f"{name}.png", claim, results)


Results = Mapping[str, Sequence[Mapping[str, Any]]]  # by column and seed


def describe(claim: Claim, results: Results) -> Iterator[str]:
    """Yield what the numbers are, and what was trained."""
    count = len(next(iter(results.values())))
    yield (
        f"Means over all images of a test and seeds ({count}), ± the standard deviation of the "
        "seeds' means. In brackets: the mean paired difference from the "
        f"{'column before' if claim.pairs else 'first column'} ± its standard error over the "
        "images, whose values are averaged over the seeds first. The last number of a test is the "
        "images' side in pixels; two photographs each are parts of one, so that their errors are a "
        "little larger than printed."
    )
    yield ""
    for column, runs in results.items():
        first = runs[0]
        if "steps" in first:
            seconds = sum(run["cpu_seconds"] for run in runs) / sum(run["steps"] for run in runs)
            yield (
                f"- {column}: {first['parameters']:,} parameters, {first['steps']} steps of "
                f"{seconds:.3f} seconds of the processor"
            )


def values_of(runs: Sequence[Mapping[str, Any]], test: str, metric: str) -> Tensor:
    """Return the values (seeds, images)."""
    return torch.tensor([run["values"][test][metric] for run in runs], dtype=torch.float64)


def table(claim: Claim, results: Results) -> Iterator[str]:
    """Yield the lines of a Markdown table: a row for each metric and test."""
    columns = list(results)
    yield "| metric | test | " + " | ".join(columns) + " |"
    yield "| --- | --- |" + " ---: |" * len(columns)
    for metric in METRICS:
        for test in claim.tests:
            values = [values_of(runs, test, metric) for runs in results.values()]
            cells = [
                cell(value, None if claim.reference(n) == n else values[claim.reference(n)])
                for n, value in enumerate(values)
            ]
            yield f"| {metric} | {test} | " + " | ".join(cells) + " |"


def cell(values: Tensor, reference: Tensor | None) -> str:
    """Return the mean, its spread over seeds, and the difference from the reference."""
    means = values.nanmean(1)
    text = f"{means.mean():.3f}"
    if len(means) > 1 and means.std() > 0:
        text += f" ± {means.std():.3f}"
    if reference is not None:
        difference = (values - reference).mean(0)
        difference = difference[~difference.isnan()]
        error = difference.std() / len(difference) ** 0.5
        text += f" ({difference.mean():+.3f} ± {error:.3f})"
    return text


def draw(path: Path, claim: Claim, results: Results) -> None:
    """Plot each metric of each test: a dot for each seed, a bar for their mean."""
    width = 6 + 0.1 * len(claim.tests) * (len(results) + 1)
    figure, axes = plt.subplots(len(METRICS), figsize=(width, 8), sharex=True, layout="constrained")
    for axis, (metric, title) in zip(axes, METRICS.items(), strict=True):
        for number, (column, runs) in enumerate(results.items()):
            places = torch.arange(len(claim.tests)) + 0.8 * ((number + 0.5) / len(results) - 0.5)
            means = torch.stack([values_of(runs, t, metric).nanmean(1) for t in claim.tests], 1)
            color = f"C{number}"
            axis.bar(places, means.mean(0), 0.75 / len(results), color=color, alpha=0.4)
            axis.plot(places, means.T, ".", color=color, markersize=4)
            axis.plot([], [], "s", color=color, label=column)
        axis.set_title(title, fontsize="medium", loc="left")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
    axes[-1].set_xticks(range(len(claim.tests)), claim.tests, rotation=40, ha="right")
    figure.savefig(path, dpi=110)
    plt.close(figure)
