"""Settings from flags, a TOML file and a recipe."""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lamakit.training import command_line
from lamakit.training.command_line import parse_settings
from lamakit.training.settings import TrainingSettings

EVERYTHING: dict[str, Any] = {  # each differs from its default
    "images": "photos",
    "shards": "",
    "output": "runs/first",
    "init_from": "big-lama.ckpt",
    "generator": "big_lama",
    "generator_options": {"base_channels": 8, "local_fourier_unit": True},
    "discriminator": "multi_scale",
    "discriminator_options": {"base_channels": 8},
    "norm": "group",
    "norm_groups": 4,
    "coarse_from": "coarse.pt",
    "coarse_side": 128,
    "objective": "glama",
    "weights": {"l1_known": 5, "focal_frequency": 12.5},
    "extractor": "vgg19_features",
    "extractor_weights": "vgg19.pth",
    "consistency_scales": (0.5, 0.25),
    "consistency_weight": 3,
    "spectral_weight": 0.5,
    "ssim_weight": 0.25,
    "masks": "thick",
    "mask_options": {"resolution": 512},
    "crop_size": 512,
    "min_scale": 0.5,
    "max_scale": 2,
    "mirror": False,
    "synthetic_share": 0.25,
    "workers": 4,
    "batch_size": 64,
    "accumulate": 2,
    "steps": 1000,
    "generator_optimizer": "muon",
    "generator_learning_rate": 2e-4,
    "discriminator_learning_rate": 3e-4,
    "schedule": "cosine",
    "clip_norm": 0,
    "average_decay": 0.5,
    "precision": "bf16",
    "accelerator": "cpu",
    "devices": 2,
    "nodes": 4,
    "seed": 5,
    "validation": "held out",
    "validation_count": 8,
    "evaluate_every": 50,
    "log_every": 1,
    "save_minutes": 0.5,
    "progress": False,
}


def as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(list(value)) if isinstance(value, tuple) else repr(value)


def as_flags(name: str, value: object) -> list[str]:
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [flag if value else flag.replace("--", "--no-")]
    if isinstance(value, tuple):
        return [flag, *map(str, value)]
    if isinstance(value, dict):
        return [flag, *(f"{key}={as_toml(item)}" for key, item in value.items())]
    return [flag, str(value)]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "train.toml"


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the message with which a command line ends."""
    with pytest.raises(SystemExit) as caught:
        parse_settings(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_a_file_that_sets_everything(config: Path) -> None:
    tables = [name for name, value in EVERYTHING.items() if isinstance(value, dict)]
    lines = [f"{name} = {as_toml(EVERYTHING[name])}" for name in EVERYTHING if name not in tables]
    for name in tables:
        lines.append(f"[{name}]")
        lines += [f"{key} = {as_toml(value)}" for key, value in EVERYTHING[name].items()]
    config.write_text("\n".join(lines))
    assert list(EVERYTHING) == [field.name for field in fields(TrainingSettings)]
    found = parse_settings(["--config", str(config)])
    assert found == TrainingSettings(**EVERYTHING)
    defaults = TrainingSettings(shards="train.tar").to_dict()
    changed = [name for name, value in found.to_dict().items() if value != defaults[name]]
    assert changed == list(EVERYTHING)


def test_flags_that_set_everything() -> None:
    flags = [word for name, value in EVERYTHING.items() for word in as_flags(name, value)]
    assert parse_settings(flags) == TrainingSettings(**EVERYTHING)


def test_flags_come_before_file_before_recipe(config: Path) -> None:
    config.write_text(
        'recipe = "lama_regular_vgg19"\nimages = "photos"\nextractor_weights = "vgg19.pth"\n'
        "steps = 100\nbatch_size = 8\nmirror = false\nweights = {r1 = 1, l1_missing = 2}\n"
    )
    flags = ["--config", str(config), "--batch-size", "4", "--mirror", "--weights", "r1=3"]
    assert parse_settings(flags) == TrainingSettings.from_recipe(
        "lama_regular_vgg19",
        images="photos",
        extractor_weights="vgg19.pth",
        steps=100,
        batch_size=4,
        weights={"perceptual": 0.03, "r1": 3, "l1_missing": 2},
    )
    other = parse_settings([*flags, "--recipe", "lama_regular_narrow"])
    assert other.masks == "deepfill_like"
    assert other.weights == {"r1": 3, "l1_missing": 2}


def test_the_command_line_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", "--images", "photos"])
    assert parse_settings() == TrainingSettings(images="photos")


def test_values_of_mappings_are_toml_or_bare_words() -> None:
    words = ["a=1", "b=0.5", "c=true", "d=word", "e='7'", "f=[1, 'x']", "g={h = 1}", "i=x/y-1.png"]
    found = parse_settings(
        ["--images", "photos", "--mask-options", *words, "--mask-options", "z=_"]
    )
    expected = {"a": 1, "b": 0.5, "c": True, "d": "word", "e": "7", "f": [1, "x"], "g": {"h": 1}}
    assert found.mask_options == {**expected, "i": "x/y-1.png", "z": "_"}


def test_collections_can_be_emptied(config: Path) -> None:
    config.write_text('images = "photos"\nconsistency_scales = [0.5]\n')
    assert parse_settings(["--config", str(config)]).consistency_scales == (0.5,)
    assert parse_settings(["--config", str(config), "--consistency-scales"]) == TrainingSettings(
        images="photos"
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("", "give either images, a folder, or shards, tar files; got neither"),
        ("--batch-size many", "argument --batch-size: invalid int value: 'many'"),
        ("--batch-size 0", "batch_size must be at least 1, got 0"),
        ("--batch 3", "unrecognized arguments: --batch 3"),
        ("--mirror no", "unrecognized arguments: no"),
        ("--norm layer", "argument --norm: invalid choice: 'layer'"),
        ("--recipe lama", "argument --recipe: invalid choice: 'lama'"),
        ("--recipe glama --extractor none", "recipe 'glama' was trained for 40 epochs: give steps"),
        ("--recipe big_lama", "recipe 'big_lama' needs extractor_weights, the path of MIT CSAIL's"),
        ("--consistency-scales 0.5 x", "argument --consistency-scales: invalid float value: 'x'"),
        ("--weights l1=1", "weights of objective 'lama' must be one of l1_known, "),
        ("--weights r1=five", "weights['r1'] must be a number, got 'five' of type str"),
        ("--weights r1", "argument --weights: expected NAME=VALUE, got 'r1'"),
        ("--weights =1", "argument --weights: expected NAME=VALUE, got '=1'"),
        ("--weights r1=[1", "argument --weights: the value of 'r1=[1' is neither TOML nor a bare"),
        ("--mask-options a=2020-01-01", "mask_options['a'] must be a number, a string, a bool"),
        (
            "--config missing.toml",
            "--config missing.toml cannot be read: No such file or directory",
        ),
    ],
)
def test_wrong_command_lines(capsys: pytest.CaptureFixture[str], flags: str, message: str) -> None:
    images = ["--images", "photos"] if flags else []
    assert message in failure(capsys, *images, *flags.split())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch_sise = 3", "no setting is called 'batch_sise'; did you mean 'batch_size'?"),
        ("batch-size = 3", "no setting is called 'batch-size'; did you mean 'batch_size'?"),
        ("receipt = 'a'", "no setting is called 'receipt'; did you mean 'recipe'?"),
        ("zzz = 3", "no setting is called 'zzz'; --help lists all settings"),
        ("batch_size = '3'", "batch_size must be an int, got '3' of type str"),
        ("batch_size = 3.0", "batch_size must be an int, got 3.0 of type float"),
        ("clip_norm = true", "clip_norm must be a number, got True of type bool"),
        ("norm = 'layer'", "norm must be one of batch, sync_batch, group; got 'layer'"),
        ("consistency_scales = 0.5", "consistency_scales must be a tuple, got 0.5 of type float"),
        ("consistency_scales = ['a']", "consistency_scales[0] must be a number, got 'a'"),
        ("weights = [['r1', 1]]", "weights must be a mapping, got [['r1', 1]] of type list"),
        ("recipe = 'lama'", "no recipe is called 'lama'; known are big_lama, "),
        ("recipe = 1", "recipe must be a str, got 1 of type int"),
        ("batch_size 3", "at line 1"),
    ],
)
def test_wrong_files(
    capsys: pytest.CaptureFixture[str], config: Path, text: str, message: str
) -> None:
    config.write_text(text)
    written = failure(capsys, "--config", str(config))
    assert f"{config}: " in written
    assert message in written


def test_a_file_that_is_no_text(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    config.write_bytes(b"\xff\xfe")
    assert f"{config}: 'utf-8' codec can't decode" in failure(capsys, "--config", str(config))


def test_the_help_lists_every_field(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as caught:
        parse_settings(["--help"])
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    flags = [f"--{field.name.replace('_', '-')}" for field in fields(TrainingSettings)]
    entries = dict.fromkeys(flags, "")
    for flag, following in zip(flags, [*flags[1:], "$"], strict=True):
        entry = re.search(rf" {flag}[ ,].*? \(default: [^)]+\)(?= {following}|$)", text)
        assert entry, flag
        entries[flag] = entry[0]
    assert entries["--batch-size"].startswith(" --batch-size INT number of images in a training")
    assert entries["--batch-size"].endswith("accumulate must divide it. (default: 30)")
    ends = {"images": '""', "devices": "0", "mirror": "true", "weights": "none", "norm": "batch"}
    for name, default in ends.items():
        assert entries[f"--{name}"].endswith(f"(default: {default})")
    assert "``" not in text


def test_the_defaults_in_the_help_are_the_fields_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse_settings(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    defaults = re.findall(r"\(default: ([^)]+)\)", text)[1:]  # the first is the recipe's
    plain = {field.name: field.default for field in fields(TrainingSettings)}
    found = dict(zip(plain, defaults, strict=True))
    for name, default in plain.items():
        if isinstance(default, (int, float)) and not isinstance(default, bool):
            assert float(found[name]) == default


def test_python_3_10_needs_a_library_for_toml(
    monkeypatch: pytest.MonkeyPatch, config: Path
) -> None:
    config.write_text("")
    monkeypatch.setattr(command_line, "sys", SimpleNamespace(version_info=(3, 10)))
    monkeypatch.setitem(sys.modules, "tomli", None)
    with pytest.raises(ImportError, match=r"TOML needs tomli: pip install 'lamakit\[train\]'"):
        parse_settings(["--images", "photos", "--config", str(config)])
