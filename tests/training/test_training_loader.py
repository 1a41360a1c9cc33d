"""The loader that settings describe: where it begins, and what each process gets."""

from __future__ import annotations

import tarfile
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from lamakit.masks import thin
from lamakit.training import TrainingSettings, build_loader
from tests.training.networks import begin, write_photos


def small(**changes: Any) -> TrainingSettings:
    return TrainingSettings(crop_size=32, batch_size=4, workers=0, **changes)


def keys(settings: TrainingSettings, samples: int = 0, shard: int = 0, **ranks: int) -> list[str]:
    """Return the keys of the first two batches of a training that has seen so much."""
    state = begin()
    state.samples, state.shard = samples, shard
    batches = islice(build_loader(settings, thin(32), state, **ranks), 2)  # type: ignore[arg-type]
    return [key for batch in batches for key in batch.keys]


def test_images_go_on_where_the_training_stands(tmp_path: Path) -> None:
    settings = small(images=str(write_photos(tmp_path, 9)))
    whole = keys(settings)
    assert len(set(whole)) == 8
    assert keys(settings, samples=4)[:4] == whole[4:]


def test_accumulated_parts_are_one_batch(tmp_path: Path) -> None:
    folder = str(write_photos(tmp_path, 9))
    assert keys(small(images=folder, accumulate=2)) == keys(small(images=folder))


def test_processes_share_a_batch(tmp_path: Path) -> None:
    settings = small(images=str(write_photos(tmp_path, 9)))
    whole = keys(settings)
    first, second = (keys(settings, rank=rank, world_size=2) for rank in (0, 1))
    assert first[:2] + second[:2] + first[2:] + second[2:] == whole
    with pytest.raises(ValueError, match="batch_size"):
        keys(settings, rank=0, world_size=3)


def test_synthetic_images_are_mixed_in(tmp_path: Path) -> None:
    folder = str(write_photos(tmp_path, 9))
    photos, mixed = keys(small(images=folder)), keys(small(images=folder, synthetic_share=0.5))
    assert "synthetic" not in photos
    assert 0 < mixed.count("synthetic") < 8
    pairs = zip(mixed, photos, strict=True)
    assert all(key in ("synthetic", photo) for key, photo in pairs)
    assert set(keys(small(images=folder, synthetic_share=1))) == {"synthetic"}


def test_shards_go_on_at_the_shard(tmp_path: Path) -> None:
    photos = sorted(write_photos(tmp_path, 8).glob("*.png"))
    for number in range(2):
        with tarfile.open(tmp_path / f"{number}.tar", "w") as shard:
            for photo in photos[4 * number : 4 * number + 4]:
                shard.add(photo, photo.name)
    settings = small(shards=f"{tmp_path}/{{0..1}}.tar")
    whole = keys(settings)
    assert sorted(whole) == [photo.stem for photo in photos]
    assert keys(settings, shard=1)[:4] == whole[4:]
