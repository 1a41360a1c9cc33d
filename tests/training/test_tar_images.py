"""Images from tar files, and the reasons why others are left out."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import pytest

from lamakit.training.tar_images import TarImage, read_tar_images


def tar_of(files: Sequence[tuple[str, bytes]]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as shard:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            shard.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def read(shard: str) -> tuple[list[TarImage], list[str]]:
    """Return the images and the lines about what was skipped, without the shard's name."""
    skipped: deque[str] = deque()
    images = list(read_tar_images(shard, skipped))
    assert all(line.startswith(shard) for line in skipped)
    assert all(image.name.startswith(shard) for image in images)
    assert "\n" not in "".join(skipped)
    return images, [line.removeprefix(shard) for line in skipped]


def test_the_first_image_of_each_sample_in_order(tmp_path: Path) -> None:
    files = (
        ("x/two.txt", b"a caption"),
        ("x/two.depth.png", b"another"),
        ("x/two.JPG", b"2"),
        ("x/two.png", b"a third"),
        ("one.webp", b"1"),
        ("one.cls", b"7"),
        ("README", b"no suffix, no sample"),
        ("y.z/three.left.tiff", b"3"),
    )
    shard = tmp_path / "one.tar"
    shard.write_bytes(tar_of(files))
    images, skipped = read(str(shard))
    assert images == [
        TarImage("x/two", f"{shard}/x/two.jpg", b"2"),
        TarImage("one", f"{shard}/one.webp", b"1"),
        TarImage("y.z/three", f"{shard}/y.z/three.left.tiff", b"3"),
    ]
    assert skipped == []
    shard.write_bytes(gzip.compress(tar_of(files)))
    assert read(str(shard)) == (images, [])
    assert [image.key for image in read(f"pipe:cat {shard}")[0]] == ["x/two", "one", "y.z/three"]


def test_samples_without_an_image_and_duplicates(tmp_path: Path) -> None:
    files = (("a.json", b""), ("b.png", b"1"), ("b.PNG", b"2"), ("b.jpg", b"3"), ("c.mp4", b""))
    shard = tmp_path / "one.tar"
    shard.write_bytes(tar_of(files))
    images, skipped = read(str(shard))
    assert [(image.key, image.content) for image in images] == [("b", b"1")]
    assert skipped[0] == "/a: no image among its files"
    assert skipped[1].startswith(": b.PNG: duplicate file name in tar file")
    assert skipped[2:] == ["/c: no image among its files"]


WHOLE = tar_of([(f"{number}.png", bytes([number]) * 3000) for number in range(3)])


@pytest.mark.parametrize(
    ("content", "keys", "reason"),
    [
        pytest.param(WHOLE[:5000], ["0"], ": unexpected end of data", id="truncated"),
        pytest.param(WHOLE[:2000], [], ": unexpected end of data", id="truncated early"),
        pytest.param(b"", [], ": empty file", id="empty"),
        pytest.param(b"words" * 1000, [], ": invalid header", id="no tar file"),
        pytest.param(None, [], ": [Errno 2] No such file or directory", id="missing"),
    ],
)
def test_damaged_shards(
    tmp_path: Path, content: bytes | None, keys: list[str], reason: str
) -> None:
    shard = tmp_path / "one.tar"
    if content is not None:
        shard.write_bytes(content)
    images, skipped = read(str(shard))
    assert [image.key for image in images] == keys
    assert len(skipped) == 1
    assert skipped[0].startswith(reason)


def test_failing_commands_and_unknown_urls() -> None:
    images, skipped = read("pipe:exit 7")
    assert images == []
    assert len(skipped) == 1
    assert skipped[0].endswith("(its command ended with status 7)")
    images, skipped = read("teapot://train.tar")
    assert images == []
    assert skipped == [": teapot://train.tar: no gopen handler defined"]


def test_a_shard_can_be_left_early(tmp_path: Path) -> None:
    shard = tmp_path / "one.tar"
    shard.write_bytes(tar_of([(f"{number}.png", bytes(100_000)) for number in range(9)]))
    for source in (str(shard), f"pipe:cat {shard}"):
        skipped: deque[str] = deque()
        images = read_tar_images(source, skipped)
        assert next(images).key == "0"
        images.close()  # type: ignore[attr-defined]
        assert not skipped
