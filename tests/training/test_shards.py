"""Training images from tar files: each once an epoch, wherever it is read."""

from __future__ import annotations

import io
import itertools
import pickle
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from lamakit.masks import thick
from lamakit.training.random_crops import RandomCrop
from lamakit.training.samples import Sample, SampleMaker, collate
from lamakit.training.shards import ImageShards
from tests.helpers import seeded

BAD_KEYS = ("corrupt.png", "none", "tiny.png")
MAKER = SampleMaker(crop=RandomCrop(size=16), masks=thick(16), seed=3)


def picture(number: int, side: int = 20, kind: str = "PNG") -> bytes:
    pixels = torch.randint(256, (side, side, 3), generator=seeded(number), dtype=torch.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(file, kind)
    return file.getvalue()


def write_shard(path: Path, files: dict[str, bytes]) -> str:
    with tarfile.open(path, "w") as shard:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            shard.addfile(member, io.BytesIO(content))
    return str(path)


@pytest.fixture
def pattern(tmp_path: Path) -> str:
    """Write five shards of three images each."""
    for shard in range(5):
        keys = [f"{shard}/{number}" for number in range(3)]
        files = {f"{key}.png": picture(number) for number, key in enumerate(keys)}
        write_shard(tmp_path / f"train-{shard}.tar", files)
    return str(tmp_path / "train-{0..4}.tar")


def first(data: ImageShards, count: int) -> list[Sample]:
    return list(itertools.islice(data, count))


def epochs(samples: Sequence[Sample], shards: int) -> list[dict[str, Sample]]:
    """Return the samples of each epoch by their keys, none twice."""
    found: list[dict[str, Sample]] = []
    for sample in samples:
        epoch = sample.shard // shards
        found.extend({} for _ in range(epoch + 1 - len(found)))
        assert sample.key not in found[epoch]
        found[epoch][sample.key] = sample
    return found


def assert_equal_samples(found: Sequence[Sample], expected: Sequence[Sample]) -> None:
    assert [(one.key, one.shard) for one in found] == [(one.key, one.shard) for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one.image, other.image)
        assert torch.equal(one.mask, other.mask)


def test_an_epoch_has_each_sample_once(pattern: str) -> None:
    samples = first(ImageShards(pattern, MAKER), 45)
    assert [sample.shard for sample in samples] == [n // 3 for n in range(45)]
    assert all(sample.image.shape == (3, 16, 16) for sample in samples)
    assert all(sample.mask.shape == (1, 16, 16) for sample in samples)
    assert not any(sample.skipped for sample in samples)
    every_key = {f"{shard}/{number}" for shard in range(5) for number in range(3)}
    found = epochs(samples, 5)
    assert [set(epoch) for epoch in found] == [every_key] * 3
    # Shards and samples come in another order in each epoch, with another crop.
    orders = [[key[0] for key in epoch] for epoch in found]
    assert orders[0] != orders[1] != orders[2] != orders[0]
    within = {tuple(key for key in epoch if key[0] == "2") for epoch in found}
    assert len(within) > 1
    assert not torch.equal(found[0]["2/1"].image, found[1]["2/1"].image)


def test_a_sample_is_what_the_maker_makes_of_its_key(pattern: str) -> None:
    sample = first(ImageShards(pattern, MAKER), 20)[-1]
    content = io.BytesIO(picture(int(sample.key[-1])))
    image, mask = MAKER(content, sample.shard // 5, sample.key)
    assert torch.equal(sample.image, image)
    assert torch.equal(sample.mask, mask)


def stream(loader: DataLoader[Sample], count: int) -> list[Sample]:
    return list(itertools.islice(loader, count))


@pytest.mark.parametrize("workers", [0, 2])
def test_workers_and_ranks_share_the_shards(pattern: str, workers: int) -> None:
    alone = epochs(first(ImageShards(pattern, MAKER), 45), 5)
    ranks = []
    for rank in range(2):
        data = ImageShards(pattern, MAKER, rank=rank, world_size=2)
        # Batches of None: samples as they are. Workers take turns.
        loader = DataLoader[Sample](data, batch_size=None, num_workers=workers)
        ranks.append(stream(loader, 27))
    together = epochs([*ranks[0], *ranks[1]], 5)  # fails if both have a sample
    shards = [{sample.shard for sample in samples} for samples in ranks]
    assert not shards[0] & shards[1]
    assert shards[0] | shards[1] >= set(range(16))
    for epoch in range(3):
        common = sorted(together[epoch].keys() & alone[epoch].keys())
        assert_equal_samples(
            [together[epoch][key] for key in common], [alone[epoch][key] for key in common]
        )
    assert together[0].keys() == alone[0].keys()
    assert together[1].keys() == alone[1].keys()


def test_training_resumes_at_a_shard(pattern: str) -> None:
    samples = first(ImageShards(pattern, MAKER), 40)
    rest = first(ImageShards(pattern, MAKER, start_shard=7), 19)
    assert_equal_samples(rest, samples[21:])
    # With other workers and ranks, each shard is still the same sequence.
    for rank in range(3):
        data = ImageShards(pattern, MAKER, rank=rank, world_size=3, start_shard=7)
        number = 7 + rank
        assert_equal_samples(first(data, 3), samples[3 * number : 3 * number + 3])


def test_more_streams_than_shards(tmp_path: Path) -> None:
    shard = write_shard(tmp_path / "one.tar", {"a.png": picture(0), "b.png": picture(1)})
    data = ImageShards(shard, MAKER, rank=2, world_size=4)
    samples = first(data, 4)
    assert [sample.shard for sample in samples] == [2, 2, 6, 6]
    assert [{one.key for one in samples[:2]}, {one.key for one in samples[2:]}] == [{"a", "b"}] * 2


def test_long_shards_are_shuffled_near_by(tmp_path: Path) -> None:
    content = picture(0, side=16, kind="BMP")
    shard = write_shard(tmp_path / "one.tar", {f"{n:03}.bmp": content for n in range(300)})
    order = [int(sample.key) for sample in first(ImageShards(shard, MAKER), 300)]
    assert sorted(order) == list(range(300))
    places = torch.tensor(order) - torch.arange(300)
    assert int(places.max()) < 256  # never ahead of what the buffer can hold
    assert float(places.abs().float().mean()) > 50


def test_bad_files_are_skipped_with_a_reason(tmp_path: Path) -> None:
    files = {
        "corrupt.png": picture(0)[:90],
        "fine.png": picture(1),
        "none.json": b"{}",
        "tiny.png": picture(2, side=15),
    }
    shard = write_shard(tmp_path / "one.tar", files)
    missing = str(tmp_path / "missing.tar")
    samples = first(ImageShards([shard, missing], MAKER), 3)
    assert {sample.key for sample in samples} == {"fine"}
    # Lines of files that come after a sample, or of the missing shard, are told by the next sample.
    told = [line.partition(": ") for sample in samples for line in sample.skipped]
    reasons = {name.removeprefix(str(tmp_path)): reason for name, _, reason in told}
    assert reasons.keys() == {"/missing.tar", *(f"/one.tar/{key}" for key in BAD_KEYS)}
    assert "no image that Pillow can read" in reasons["/one.tar/corrupt.png"]
    assert reasons["/one.tar/none"] == "no image among its files"
    assert "15" in reasons["/one.tar/tiny.png"]
    assert "No such file" in reasons["/missing.tar"]
    assert [name for name, _, _ in told].count(f"{shard}/tiny.png") in (2, 3)  # once an epoch


def test_the_last_thousand_lines_are_kept(tmp_path: Path) -> None:
    files = {f"{number}.txt": b"" for number in range(1005)} | {"fine.png": picture(0)}
    shard = write_shard(tmp_path / "one.tar", files)
    samples = first(ImageShards(shard, MAKER), 2)
    expected = tuple(f"{shard}/{number}: no image among its files" for number in range(5, 1005))
    assert [sample.skipped for sample in samples] == [expected, expected]


def test_nothing_but_bad_shards(tmp_path: Path) -> None:
    tiny = write_shard(tmp_path / "tiny.tar", {"a.png": picture(0, side=8)})
    missing = [str(tmp_path / f"missing-{number}.tar") for number in range(3)]
    data = ImageShards([*missing, tiny], MAKER, rank=1, world_size=2)
    reasons = "none of 4 shards gives a sample; the last reasons: .*missing.*: .*No such file"
    for workers in (0, 1):
        with pytest.raises(ValueError, match=reasons):
            next(iter(DataLoader(data, batch_size=2, num_workers=workers, collate_fn=collate)))
    nothing = write_shard(tmp_path / "nothing.tar", {})
    with pytest.raises(ValueError, match=r"none of 1 shards .*: the shards hold no samples"):
        next(iter(ImageShards([nothing, nothing], MAKER)))


def test_bad_arguments_and_pickle(pattern: str) -> None:
    data = ImageShards(pattern, MAKER, rank=1, world_size=2)
    assert_equal_samples(first(pickle.loads(pickle.dumps(data)), 5), first(data, 5))
    with pytest.raises(ValueError, match="rank must be below world_size=2, got 2"):
        ImageShards(pattern, MAKER, rank=2, world_size=2)
    with pytest.raises(ValueError, match="start_shard must be at least 0, got -1"):
        ImageShards(pattern, MAKER, start_shard=-1)
    with pytest.raises(ValueError, match="at least one tar file, got none"):
        ImageShards([], MAKER)
    with pytest.raises(ValueError, match="Unbalanced braces"):
        ImageShards("train-{0..4.tar", MAKER)
    with pytest.raises(TypeError, match="shards must be a string or a sequence of strings"):
        ImageShards(Path(pattern), MAKER)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="maker must be a SampleMaker, got 'masks'"):
        ImageShards(pattern, "masks")  # type: ignore[arg-type]
