"""Reading of the images in a tar file, past whatever is damaged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from lamakit._imports import import_extra
from lamakit.training.image_folder import IMAGE_SUFFIXES


class TarImage(NamedTuple):
    """An image of a tar file, still encoded.

    Args:
        key: the path in the tar file up to the first dot of the name.
        name: what messages call it.
        content: its bytes.

    Example:
        >>> TarImage(key="0041", name="train-03.tar/0041.jpg", content=b"...").key
        '0041'
    """

    key: str
    name: str
    content: bytes


def read_tar_images(shard: str, skipped: deque[str]) -> Iterator[TarImage]:
    """Yield the images of a tar file in its order, one of each sample.

    Neighbouring files that have the same path up to the first dot of their name are one sample;
    that path is its key. Its image is the first of them whose suffix is that of an image, as in
    :class:`ImageFolder`; one such as ``17.depth.png`` is taken only if there is no ``17.jpg``.

    Args:
        shard: path or URL of the tar file, as the library `webdataset` opens them.
        skipped: to this a line is appended for each sample without an image, and one for a tar file
            that cannot be opened or read to its end.

    Raises:
        ImportError: if webdataset is missing (the extra ``train``).

    Example:
        >>> from collections import deque
        >>> skipped = deque()
        >>> list(read_tar_images("missing.tar", skipped))
        []
        >>> skipped
        deque(["missing.tar: [Errno 2] No such file or directory: 'missing.tar'"])
    """
    webdataset = import_extra("webdataset", extra="train", user="ImageShards")
    readers = import_extra("webdataset.tariterators", extra="train", user="ImageShards")

    def note_and_go_on(error: Exception) -> bool:
        skipped.append(f"{shard}: {_reason(error)}")
        return True

    def note_and_stop(error: Exception) -> bool:
        with suppress(OSError):
            stream.close()  # and wait for the command, if the URL stands for one
        status = getattr(stream, "status", None)
        ended = f" (its command ended with status {status})" if status else ""
        skipped.append(f"{shard}: {_reason(error)}{ended}")
        return False

    try:
        stream = webdataset.gopen(shard)
    except Exception as error:  # noqa: BLE001 (each kind of URL has its own errors)
        note_and_go_on(error)
        return
    try:
        files = readers.tar_file_expander([{"url": shard, "stream": stream}], handler=note_and_stop)
        for sample in readers.group_by_keys(files, handler=note_and_go_on):
            suffix = _image_suffix(sample)
            if suffix is None:
                skipped.append(f"{shard}/{sample['__key__']}: no image among its files")
            else:
                name = f"{shard}/{sample['__key__']}.{suffix}"
                yield TarImage(sample["__key__"], name, sample[suffix])
    finally:
        with suppress(OSError):
            stream.close()  # a command that is left before its end fails


def _image_suffix(sample: dict[str, Any]) -> str | None:
    """Return the suffix of the first image among a sample's files, such as "jpg"."""
    suffixes = [suffix for suffix in sample if f".{suffix.rpartition('.')[2]}" in IMAGE_SUFFIXES]
    return min(suffixes, key=lambda suffix: suffix.count("."), default=None)


def _reason(error: Exception) -> str:
    """Return what an error says, in one line."""
    reason = str(error)
    # webdataset appends objects to an error's arguments, and to the text of the first.
    if getattr(error, "errno", None) is None and error.args:
        reason = str(error.args[0]).partition(" @ ")[0]
    return " ".join(reason.split()) or type(error).__name__
