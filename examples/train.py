"""Train an inpainting network on a folder of images or on tar shards, on any number of devices.

::

    python examples/train.py --images photos --recipe lama_fourier --extractor none
    python examples/train.py --config training.toml
    torchrun --nproc_per_node 8 examples/train.py --config training.toml

The same command again continues a training that was stopped. ``--help`` lists all settings; the
how-to "Train a network" explains them.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from torch.amp import GradScaler
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from lamakit.masks import generator_for_index
from lamakit.training import (
    Batch,
    LossHistory,
    ShardProgress,
    StopSignals,
    TrainingSettings,
    TrainingState,
    Validation,
    build_loader,
    build_masks,
    build_networks,
    build_objective,
    load_state,
    parse_settings,
    read_settings,
    save_state,
    training_step,
)
from lamakit.training.further_terms import build_further_terms
from lamakit.training.steps import GRADIENT_NORMS
from lamakit.training.validation import draw_fillings

SMALLEST_SCALE = 2**-14  # of the losses in float16, which begin at 2**16


def start_fabric(settings: TrainingSettings) -> tuple[Fabric, GradScaler | None]:
    """Start the processes, unless torchrun or SLURM did; return what connects them.

    With float16, also return what scales the losses.
    """
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "0"))  # torchrun's
    gpus = 0 if settings.accelerator in ("cpu", "mps") else torch.cuda.device_count()
    if settings.precision == "fp16" and not gpus:
        raise ValueError("precision='fp16' needs a GPU: without one use 'bf16' or 'fp32'")
    if settings.norm == "sync_batch" and not gpus:
        raise ValueError("norm='sync_batch' needs GPUs: without them use 'group' or 'batch'")
    devices = settings.devices or local or gpus or 1
    nodes = int(os.environ["WORLD_SIZE"]) // local if local else settings.nodes
    scaler = GradScaler("cuda") if settings.precision == "fp16" else None
    fabric = Fabric(
        accelerator=settings.accelerator,
        strategy="ddp" if devices * nodes > 1 else "auto",
        devices=devices,
        num_nodes=nodes,
        precision={"fp32": "32-true", "bf16": "bf16-mixed", "fp16": None}[settings.precision],
        plugins=MixedPrecision("16-mixed", "cuda", scaler) if scaler else None,
    )
    fabric.launch()
    return fabric, scaler


class Training:
    """One process of a training: its networks, its data and its reports."""

    def __init__(self, settings: TrainingSettings) -> None:
        self.settings = settings
        self.path = Path(settings.output) / "checkpoint.pt"
        self.fabric, scaler = start_fabric(settings)
        torch.manual_seed(settings.seed)
        self.state = self.begin_or_continue(scaler)
        objective = build_objective(settings, self.state.discriminator)
        self.objective = objective.to(self.fabric.device)
        self.further_terms = build_further_terms(settings)
        self.scaler = scaler
        masks, fabric = build_masks(settings), self.fabric
        ranks = {"rank": fabric.global_rank, "world_size": fabric.world_size}
        pin_memory = fabric.device.type == "cuda"
        loader = build_loader(settings, masks, self.state, **ranks, pin_memory=pin_memory)
        self.batches = iter(loader)
        self.shards = ShardProgress(self.state.shard, **ranks, workers=settings.workers)
        self.writer: SummaryWriter | None = None
        self.validation: Validation | None = None
        if fabric.is_global_zero and settings.validation:
            size, count = settings.crop_size, settings.validation_count
            self.validation = Validation(settings.validation, masks, size=size, count=count)
            for line in self.validation.skipped:
                self.say(f"left out of the validation: {line}")
        # With float16, steps with a too large gradient are left out, and the scale gets smaller.
        self.history = LossHistory(unchecked=GRADIENT_NORMS if scaler else ())
        self.skipped: set[str] = set()
        self.waited, self.steps_reported = 0.0, self.state.step
        self.reported = self.saved = time.perf_counter()

    def begin_or_continue(self, scaler: GradScaler | None) -> TrainingState:
        """Return a new training, or the one whose checkpoint lies in the output folder."""
        settings, exists = self.settings, self.path.exists()
        if exists != self.fabric.broadcast(exists):
            raise ValueError(f"output must be a folder that all nodes share, got {settings.output}")
        if exists and (names := settings.differences(read_settings(self.path))):
            raise ValueError(
                f"{str(self.path)!r} is of a training with another {', '.join(names)}: continue it "
                "with the same, or give another output folder"
            )
        # What a training started from is not needed to continue it.
        start = replace(settings, init_from="") if exists else settings
        model, discriminator = build_networks(start)
        state = TrainingState.of(
            model,
            discriminator,
            generator_optimizer=settings.generator_optimizer,
            generator_learning_rate=settings.generator_learning_rate,
            discriminator_learning_rate=settings.discriminator_learning_rate,
            average_decay=settings.average_decay,
            scaler=scaler,
        )
        state.set_up(self.fabric)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if exists:
            load_state(state, self.path)
            self.say(f"{self.path}: continues at step {state.step}")
        state.train()
        return state

    def run(self) -> None:
        """Train up to the last step, or until a signal asks to stop, and write the checkpoint."""
        settings, state = self.settings, self.state
        is_alone = self.fabric.world_size == 1
        is_shown = settings.progress and self.fabric.is_global_zero
        bar = tqdm(total=settings.steps, initial=state.step, unit="step", disable=not is_shown)
        is_done = must_stop = state.step >= settings.steps
        with StopSignals() as signals, bar:
            while not must_stop:
                self.step()
                bar.update()
                is_done = state.step >= settings.steps
                must_stop = is_done or bool(signals.received)
                # Several processes must stop at the same step: they agree when they report.
                if is_done or state.step % settings.log_every == 0 or (is_alone and must_stop):
                    means = self.history.means()  # raises if one is not finite
                    must_stop, must_save = self.agree(must_stop)
                    if must_save:
                        self.save(is_last=must_stop)
                    self.report(means)
                elif not is_alone:
                    must_stop = False
                if is_done or state.step % settings.evaluate_every == 0:
                    self.evaluate()
        if self.writer is not None:
            self.write(lambda writer: writer.close())
        if is_done:
            self.say(f"all {state.step} steps are taken: {self.path}")
        else:
            self.say(f"stopped at step {state.step}; the same command continues")

    def step(self) -> None:
        """Take one training step."""
        settings, state, device = self.settings, self.state, self.fabric.device
        begin = time.perf_counter()
        batch = self.batch = next(self.batches)
        self.waited += time.perf_counter() - begin
        self.count_skipped(batch)
        self.shards.update(batch.shard)
        factor = 1.0
        if settings.schedule == "cosine":
            factor = (1 + math.cos(math.pi * state.step / settings.steps)) / 2
        state.set_learning_rates(
            factor * settings.generator_learning_rate, factor * settings.discriminator_learning_rate
        )
        # Random numbers of a step, such as those of dropout, depend on nothing before it.
        generator = generator_for_index(settings.seed, state.step, self.fabric.global_rank)
        torch.manual_seed(generator.initial_seed())
        values = training_step(
            state,
            self.objective,
            batch.image.to(device, non_blocking=True),
            batch.mask.to(device, non_blocking=True),
            parts=settings.accumulate,
            clip_norm=settings.clip_norm,
            further_terms=self.further_terms,
            fabric=self.fabric,
        )
        self.history.add(state.step, values)

    def agree(self, must_stop: bool) -> tuple[bool, bool]:
        """Return whether a process must stop, and whether to write a checkpoint, for all."""
        is_time = time.perf_counter() - self.saved >= 60 * self.settings.save_minutes
        wishes = torch.tensor(
            [must_stop, must_stop or is_time, -self.shards.unfinished], device=self.fabric.device
        )
        # In place: the largest of all processes. The first unfinished shard is the smallest.
        self.fabric.all_reduce(wishes, reduce_op="max")
        stop, save, shard = wishes.tolist()
        self.state.shard = -shard
        return bool(stop), bool(save)

    def report(self, means: dict[str, float]) -> None:
        """Write the means of all values since the last report."""
        now, step = time.perf_counter(), self.state.step
        values = torch.tensor(list(means.values()), device=self.fabric.device)
        self.fabric.all_reduce(values)
        curves = {f"training/{n}": v for n, v in zip(means, values.tolist(), strict=True)}
        for name, (_, optimizer) in self.state.trained.items():
            curves[f"learning rate/{name}"] = optimizer.param_groups[0]["lr"]
        seconds = now - self.reported
        curves["data/share of the time spent waiting"] = self.waited / seconds
        curves["data/images per second"] = (
            (step - self.steps_reported) * self.settings.batch_size / seconds
        )
        curves["data/skipped files"] = len(self.skipped)
        if self.scaler is not None:
            curves["training/scale of the losses"] = self.scaler.get_scale()
            if self.scaler.get_scale() < SMALLEST_SCALE:
                raise ArithmeticError(
                    f"gradients overflow in float16 at every scale of the losses (step {step}): "
                    "training cannot go on. Use precision='bf16' or 'fp32', or a lower rate"
                )
        self.waited, self.reported, self.steps_reported = 0.0, now, step

        def draw(writer: SummaryWriter) -> None:
            for name, value in curves.items():
                writer.add_scalar(name, value, step)

        self.write(draw)

    def evaluate(self) -> None:
        """Write how well the generator fills the validation images, and a picture of them.

        Without such images, the picture is of those of the last training step.
        """
        model, step = self.state.best_model, self.state.step
        if self.validation is None:
            if self.fabric.is_global_zero:
                picture = draw_fillings(model, self.batch.image[:8], self.batch.mask[:8])
                self.write(lambda writer: writer.add_image("filled", picture, step))
            return
        found, picture = self.validation.evaluate(model), self.validation.draw(model)
        self.say(f"step {step}\n{found}")

        def draw(writer: SummaryWriter) -> None:
            for metric in found.values:
                writer.add_scalar(f"validation/{metric}", found.mean(metric), step)
                for label, mean in found.means_by_area(metric).items():
                    writer.add_scalar(f"{metric} by missing area/{label}", mean, step)
            writer.add_image("filled", picture, step)

        self.write(draw)

    def write(self, draw: Callable[[SummaryWriter], None]) -> None:
        """Write to TensorBoard's files, in one process; a disk that is full is told."""
        if not self.fabric.is_global_zero:
            return
        try:
            if self.writer is None:
                output = self.settings.output
                self.writer = SummaryWriter(output, purge_step=self.state.step)
            draw(self.writer)
        except OSError as error:
            self.say(f"step {self.state.step}: curves were not written ({error})")
            self.writer = None  # it cannot be used again; the next report opens another

    def save(self, *, is_last: bool) -> None:
        """Write the checkpoint; a disk that is full ends the training only at its end."""
        self.saved = time.perf_counter()
        if not self.fabric.is_global_zero:
            return
        try:
            save_state(self.state, self.path, settings=self.settings.to_dict())
        except OSError as error:
            self.say(
                f"step {self.state.step}: no checkpoint was written ({error}); the one before stays"
            )
            if is_last:
                raise

    def count_skipped(self, batch: Batch) -> None:
        """Tell of each file that was skipped, once."""
        for line in batch.skipped:
            if line not in self.skipped:
                self.skipped.add(line)
                tqdm.write(f"skipped {line}", file=sys.stderr)

    def say(self, text: str) -> None:
        """Print a text above the progress bar, in one process."""
        if self.fabric.is_global_zero:
            tqdm.write(text)


def main(arguments: list[str] | None = None) -> None:
    """Train as the command line says."""
    settings = parse_settings(arguments)
    try:
        training = Training(settings)
    except (ValueError, TypeError, OSError) as error:
        raise SystemExit(f"train.py: {error}") from error
    training.run()


if __name__ == "__main__":
    main()
