"""examples/train.py: what it trains, and what it reports."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lamakit.checkpoints import load_generator, save_generator, to_published_state_dict
from lamakit.generators import TwoStageGenerator, lama_fourier
from lamakit.training import parse_settings
from tests.examples.scripts import SMALL, load_script, read_curves, read_state
from tests.helpers import assert_same_tensors
from tests.training.networks import write_photos

train = load_script("train")

NO_ADVERSARY = ("--weights", "adversarial=0", "feature_matching=0", "l1_missing=5")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_photos(tmp_path_factory.mktemp("photos")))


def run(output: Path, *flags: str) -> None:
    train.main([*SMALL, "--output", str(output), *flags])


def test_a_training_writes_curves_pictures_and_a_generator(tmp_path: Path, photos: str) -> None:
    flags = ("--validation", photos, "--validation-count", "3", "--evaluate-every", "3")
    run(tmp_path, "--images", photos, "--steps", "4", *flags)
    curves = read_curves(tmp_path)
    assert set(curves["training/l1"]) == {2, 4}
    for name in ("adversarial", "discriminator", "generator_gradient", "r1"):
        assert all(math.isfinite(value) for value in curves[f"training/{name}"].values())
    assert set(curves["validation/PSNR"]) == {3, 4}
    assert any(name.startswith("PSNR by missing area/") for name in curves)
    assert 0 <= curves["data/share of the time spent waiting"][4] <= 1
    state = read_state(tmp_path)
    assert (state["step"], state["samples"]) == (4, 16)
    assert len(load_generator(tmp_path / "checkpoint.pt", average=True).bottleneck) == 1


def test_without_validation_the_pictures_are_of_training_images(
    tmp_path: Path, photos: str
) -> None:
    run(tmp_path, "--images", photos, "--steps", "4", "--evaluate-every", "3")
    (file,) = tmp_path.glob("events.*")
    events = EventAccumulator(str(file))
    events.Reload()
    pictures = events.Images("filled")
    assert [picture.step for picture in pictures] == [3, 4]
    assert (pictures[0].height, pictures[0].width) == (3 * 32, 4 * 32)


@pytest.mark.parametrize(
    ("flags", "term"),
    [
        (("--objective", "glama"), "total_variation"),
        (("--discriminator", "none", *NO_ADVERSARY), "l1"),
        (("--consistency-scales", "0.5"), "consistency"),
        (("--precision", "bf16", "--norm", "group"), "adversarial"),
        (("--accumulate", "2", "--schedule", "cosine"), "adversarial"),
        (("--discriminator", "multi_scale", "--discriminator-options", "base_channels=4"), "r1"),
        (("--generator", "lama_regular", "--masks", "deepfill_like", "--max-scale", "1.2"), "r1"),
    ],
)
def test_the_settings_change_the_training(
    tmp_path: Path, photos: str, flags: tuple[str, ...], term: str
) -> None:
    run(tmp_path, "--images", photos, "--steps", "2", *flags)
    assert math.isfinite(read_curves(tmp_path)[f"training/{term}"][2])


@pytest.mark.parametrize("published", [True, False])
def test_a_training_starts_from_weights(tmp_path: Path, photos: str, published: bool) -> None:
    if published:
        torch.manual_seed(3)
        first = lama_fourier(base_channels=4, num_blocks=1)
        torch.save(to_published_state_dict(first), tmp_path / "published.pth")
        source = tmp_path / "published.pth"
    else:
        run(tmp_path / "first", "--images", photos, "--steps", "2")
        source = tmp_path / "first" / "checkpoint.pt"
        first = load_generator(source, average=True)
    run(
        *(tmp_path / "second", "--images", photos, "--steps", "1", "--init-from", str(source)),
        *("--generator-learning-rate", "1e-30", "--average-decay", "0"),
    )
    found = load_generator(tmp_path / "second" / "checkpoint.pt")
    for ours, expected in zip(found.parameters(), first.parameters(), strict=True):
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-20)


def test_the_weights_of_another_network_are_refused(tmp_path: Path, photos: str) -> None:
    save_generator(lama_fourier(base_channels=8, num_blocks=1), tmp_path / "wide.safetensors")
    with pytest.raises(SystemExit, match=r"init_from: .*wide\.safetensors' holds another network"):
        run(tmp_path, "--images", photos, "--init-from", str(tmp_path / "wide.safetensors"))


def test_the_second_stage_learns_behind_the_first(tmp_path: Path, photos: str) -> None:
    torch.manual_seed(3)
    coarse = lama_fourier(base_channels=4, num_blocks=1)
    save_generator(coarse, tmp_path / "coarse.safetensors")
    flags = ("--coarse-from", str(tmp_path / "coarse.safetensors"), "--coarse-side", "16")
    training = train.Training(
        parse_settings([*SMALL, "--output", str(tmp_path), "--images", photos, *flags, "--steps=2"])
    )
    training.run()
    state = {
        name.removeprefix("generator."): tensor
        for name, tensor in read_state(tmp_path)["state_dict"].items()
        if name.startswith("generator.")
    }
    rebuilt = TwoStageGenerator(
        lama_fourier(base_channels=4, num_blocks=1), lama_fourier(base_channels=4, num_blocks=1)
    )
    rebuilt.load_state_dict(state)
    assert_same_tensors(rebuilt.coarse.state_dict(), coarse.state_dict())  # statistics included
    refiner = dict(rebuilt.refiner.named_parameters())
    assert not torch.equal(refiner["encoder.0.0.weight"], coarse.encoder[0][0].weight)  # type: ignore[index]


def test_what_it_started_from_is_not_needed_to_continue(tmp_path: Path, photos: str) -> None:
    save_generator(lama_fourier(base_channels=4, num_blocks=1), tmp_path / "first.safetensors")
    flags = ("--images", photos, "--init-from", str(tmp_path / "first.safetensors"))
    run(tmp_path, *flags, "--steps", "1")
    (tmp_path / "first.safetensors").unlink()
    run(tmp_path, *flags, "--steps", "2")
    assert read_state(tmp_path)["step"] == 2


def test_a_training_that_is_complete_stays_as_it_is(
    tmp_path: Path, photos: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, "--images", photos, "--steps", "2")
    before = (tmp_path / "checkpoint.pt").read_bytes(), len(list(tmp_path.iterdir()))
    capsys.readouterr()
    run(tmp_path, "--images", photos, "--steps", "2")
    assert "all 2 steps are taken: " in capsys.readouterr().out
    assert ((tmp_path / "checkpoint.pt").read_bytes(), len(list(tmp_path.iterdir()))) == before


def test_small_validation_images_are_told(
    tmp_path: Path, photos: str, capsys: pytest.CaptureFixture[str]
) -> None:
    validation = write_photos(tmp_path / "validation", 2)
    write_photos(validation / "tiny", 1, (8, 9))
    run(tmp_path, "--images", photos, "--steps", "1", "--validation", str(validation))
    assert "left out of the validation: " in capsys.readouterr().out


def test_files_that_cannot_be_used_are_skipped_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = write_photos(tmp_path / "photos", 3)
    write_photos(photos / "tiny", 1, (8, 9))
    (photos / "broken.jpg").write_bytes(b"no image at all")
    whole = (photos / "0.png").read_bytes()
    (photos / "cut.png").write_bytes(whole[: len(whole) // 2])
    run(tmp_path / "out", "--images", str(photos), "--steps", "6", "--workers", "1")
    told = capsys.readouterr().err
    assert told.count("skipped broken.jpg: ") == 1
    assert told.count("skipped cut.png: ") == 1
    assert told.count("skipped tiny/0.png: ") == 1
    assert read_curves(tmp_path / "out")["data/skipped files"][6] == 3
    assert read_state(tmp_path / "out")["step"] == 6


def test_a_loss_that_is_not_finite_stops_the_training(tmp_path: Path, photos: str) -> None:
    flags = ("--images", photos, "--generator-learning-rate", "1e30", "--clip-norm", "0")
    with pytest.raises(ArithmeticError, match=r"^'\w+' is (nan|inf) at step \d: "):
        run(tmp_path, *flags, "--steps", "9", "--save-minutes", "0")
    if (tmp_path / "checkpoint.pt").exists():  # of a report before
        weights = read_state(tmp_path)["state_dict"].values()
        assert all(tensor.isfinite().all() for tensor in weights)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--precision", "fp16"), "precision='fp16' needs a GPU"),
        (("--norm", "sync_batch"), "norm='sync_batch' needs GPUs"),
        (("--crop-size", "36"), "crop_size must be a multiple of 8 and at least 16"),
    ],
)
def test_settings_that_cannot_work(
    tmp_path: Path, photos: str, flags: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SystemExit, match=message):
        run(tmp_path, "--images", photos, *flags)


def test_another_network_in_the_output_folder_is_refused(tmp_path: Path, photos: str) -> None:
    run(tmp_path, "--images", photos, "--steps", "1")
    with pytest.raises(SystemExit, match=r"checkpoint\.pt' is of a training with another norm"):
        run(tmp_path, "--images", photos, "--steps", "2", "--norm", "group")
