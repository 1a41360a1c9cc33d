"""The programs in examples/frameworks: what they train, save and read back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lamakit.checkpoints import load_generator
from lamakit.generators import lama_fourier
from lamakit.images import read_image
from lamakit.inpainting import inpaint
from lamakit.losses import PerceptualLoss
from tests.examples.scripts import EXAMPLES, load_script
from tests.helpers import assert_same_tensors
from tests.training.networks import write_photos

HAS_COMPILER = (
    shutil.which("g++") is not None and Path(sysconfig.get_path("include"), "Python.h").exists()
)

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "ACCELERATE_USE_CPU": "true",  # as ``accelerate launch --cpu`` sets it
}

# Runs a program and notes what it builds, computes and loads. Warnings that lamakit gives, or that
# the program is to blame for, are errors.
OBSERVER = """
import os, runpy, sys, warnings
from pathlib import Path
import torch
from torch.optim.swa_utils import AveragedModel
from lamakit import checkpoints, discriminators, generators, inpainting, losses

notes, program, *arguments = sys.argv[1:]
seen = {"totals": [], "masks": [], "first": {}, "last": {}}
built = {}

def building(name, build):
    def build_and_note(*args, **options):
        built[name] = build(*args, **options)
        seen["first"][name] = {k: v.clone() for k, v in built[name].state_dict().items()}
        return built[name]
    return build_and_note

def noting_loss(call):
    def compute_and_note(self, prediction, target, mask):
        found = call(self, prediction, target, mask)
        seen["totals"].append(found.total.item())
        seen["masks"].append(mask)
        return found
    return compute_and_note

def averaging(self, model, update=AveragedModel.update_parameters):
    built["average"] = self.module
    update(self, model)

def loading(*args, load=checkpoints.load_generator, **options):
    model = load(*args, **options)
    seen["loaded"] = model.state_dict()
    return model

def filling(model, image, mask, fill=inpainting.inpaint):
    seen["image"], seen["mask"] = image, mask
    return fill(model, image, mask)

generators.lama_fourier = building("model", generators.lama_fourier)
discriminators.PatchDiscriminator = building("patches", discriminators.PatchDiscriminator)
for name in ("generator_loss", "discriminator_loss"):
    setattr(losses.LamaObjective, name, noting_loss(getattr(losses.LamaObjective, name)))
AveragedModel.update_parameters = averaging
checkpoints.load_generator, inpainting.inpaint = loading, filling

warnings.filterwarnings("error", module="lamakit|photos|__main__")
sys.argv = [program, *arguments]
sys.path.insert(0, str(Path(program).parent))
runpy.run_path(program, run_name="__main__")
seen["last"] = {name: module.state_dict() for name, module in built.items()}
torch.save(seen, f"{notes}.{os.environ.get('RANK', 0)}")
"""


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_photos(tmp_path_factory.mktemp("photos"), 8, (80, 72)))


def run(name: str, folder: Path, *arguments: str, processes: int = 1) -> list[dict[str, Any]]:
    """Run a program in a folder, in one process or two; return what was noted in each."""
    observer = folder / "observer.py"
    observer.write_text(OBSERVER)
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    program = [str(observer), "notes", str(EXAMPLES / "frameworks" / f"{name}.py"), *arguments]
    subprocess.run(
        [sys.executable, *(launcher if processes > 1 else []), *program],
        check=True,
        cwd=folder,
        env=os.environ | ENVIRONMENT,
        timeout=1800,
    )
    return [torch.load(folder / f"notes.{rank}", weights_only=True) for rank in range(processes)]


def check(seen: dict[str, Any], folder: Path) -> None:
    """Check that a training changed all weights, and that the file holds those it ended with."""
    assert torch.tensor(seen["totals"]).isfinite().all()
    for network in ("model", "patches"):
        first, last = seen["first"][network], seen["last"][network]
        for name in first:
            if "num_batches" not in name and not name.endswith("bias"):
                assert last[name].isfinite().all(), name
                assert not torch.equal(last[name], first[name]), name
    last = seen["last"].get("average", seen["last"]["model"])
    assert_same_tensors(seen["loaded"], last)

    model = lama_fourier(base_channels=8, num_blocks=1)
    model.load_state_dict(last)
    filled = inpaint(model, seen["image"], seen["mask"])
    torch.testing.assert_close(read_image(folder / "filled.png"), filled, rtol=0, atol=0.51 / 255)


@pytest.mark.parametrize(
    ("name", "losses"),
    [
        ("with_lightning", 4),
        ("with_fabric", 4),
        ("with_accelerate", 8),  # two batches a step
    ],
)
def test_a_program_trains_and_its_file_is_read(
    tmp_path: Path, photos: str, name: str, losses: int
) -> None:
    (seen,) = run(name, tmp_path, photos, "--epochs", "1")
    assert len(seen["totals"]) == losses
    check(seen, tmp_path)


def test_an_average_is_trained_on_other_holes_in_each_epoch(tmp_path: Path, photos: str) -> None:
    (seen,) = run("with_ema", tmp_path, photos, "--epochs", "2", "--workers", "2")
    check(seen, tmp_path)
    data, expected = load_script("frameworks/photos").Photos(photos), []
    for epoch in range(2):
        data.epoch.fill_(epoch)
        expected += [data[index][1] for index in range(len(data))]
    found = torch.cat(seen["masks"][::2])
    assert len(found) == 16
    assert torch.equal(found.unique(dim=0), torch.stack(expected).unique(dim=0))
    assert len(found.unique(dim=0)) == 16


@pytest.mark.parametrize(
    "backend",
    [
        "aot_eager",
        pytest.param(
            "inductor",
            marks=[
                pytest.mark.slow,
                pytest.mark.skipif(
                    not HAS_COMPILER and "CI" not in os.environ,
                    reason="inductor needs g++ and Python's headers; in continuous integration it "
                    "must run",
                ),
            ],
        ),
    ],
)
def test_a_compiled_generator_is_trained(tmp_path: Path, photos: str, backend: str) -> None:
    (seen,) = run("with_compile", tmp_path, photos, "--epochs", "1", "--backend", backend)
    check(seen, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("with_ddp", ()),
        ("with_lightning", ("--devices", "2")),
        ("with_accelerate", ()),
        ("with_fabric", ("--devices", "2")),
    ],
)
def test_two_processes_train_the_same_networks_on_other_holes(
    tmp_path: Path, photos: str, name: str, arguments: tuple[str, ...]
) -> None:
    first, second = run(name, tmp_path, photos, *arguments, processes=2)
    check(first, tmp_path)
    learned = ("weight", "bias")  # the statistics of BatchNorm are those of each process
    for network in ("model", "patches"):
        ours, theirs = (
            {k: v for k, v in seen["last"][network].items() if k.endswith(learned)}
            for seen in (first, second)
        )
        assert_same_tensors(ours, theirs)
    holes = torch.cat([*first["masks"][::2], *second["masks"][::2]])
    assert len(holes) == len(holes.unique(dim=0)) == 16


def test_the_perceptual_network_moves_with_a_lightning_module(
    photos: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(EXAMPLES / "frameworks")
    extractor = nn.Conv2d(3, 4, 3)
    data = load_script("frameworks/photos").Photos(photos)
    module = load_script("frameworks/with_lightning").Inpainting(data, PerceptualLoss(extractor))
    module.double()
    assert extractor.weight.dtype == torch.float64
    state_dict = module.state_dict()
    assert {name.split(".")[0] for name in state_dict} == {"model", "discriminator", "average"}
    last = load_generator({"state_dict": state_dict}, key="model")
    assert_same_tensors(last.state_dict(), module.model.float().state_dict())
    trained = {id(parameter) for parameter in module.parameters()}
    assert not trained & {id(parameter) for parameter in extractor.parameters()}
