"""Download of a few published files: only when asked for, never otherwise."""

from __future__ import annotations

import hashlib
import os
import re
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from lamakit._imports import import_extra
from lamakit._progress import progress_bar
from lamakit._registry import look_up

_FILES = {
    "big-lama.zip": "https://huggingface.co/smartywu/big-lama/resolve/main/big-lama.zip",
    "big-lama.pt": "https://github.com/Sanster/models/releases/download/add_big_lama/big-lama.pt",
    "encoder_epoch_20.pth": (
        "http://sceneparsing.csail.mit.edu/model/pytorch/"
        "ade20k-resnet50dilated-ppm_deepsup/encoder_epoch_20.pth"
    ),
}
_CHUNK = 1 << 20
_SECONDS = 30


def download(name: str, directory: str | os.PathLike[str], *, sha256: str | None = None) -> Path:
    """Download a well-known published file into a folder, and return its path.

    A file that is there already is checked and not fetched again. A download that broke off
    continues where it stopped when called again. The file gets its name only once its SHA-256 is
    right.

    Args:
        name: ``"big-lama.zip"`` (Big LaMa's training checkpoint; unpack it), ``"big-lama.pt"``
            (the same as TorchScript) or ``"encoder_epoch_20.pth"`` (dilated ResNet-50 on ADE20K).
            Mind their licences.
        directory: the folder; it is made if there is none.
        sha256: the file's SHA-256, 64 hexadecimal digits, from a source that you trust. It is
            needed: the publishers of these files tell none.

    Raises:
        ValueError: if no such file is known, its SHA-256 is not given, or what came has another
            one; then nothing is kept.
        OSError: if the address cannot be reached or the connection ends early.
        ImportError: if the extra ``io`` is not installed, whose tqdm draws the progress bar.

    Example:
        >>> download("big-lama.pt", "weights", sha256=...)  # doctest: +SKIP
        PosixPath('weights/big-lama.pt')
    """
    url = look_up("published file", name, _FILES)
    if sha256 is None:
        raise ValueError(
            f"no SHA-256 of {name} is known here, so it could be any file; give one that you trust "
            f"as sha256=, or fetch {url} yourself"
        )
    if not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueError(f"sha256 must be 64 hexadecimal digits, got {sha256!r}")
    expected = sha256.lower()
    path = Path(directory) / name
    if path.exists():
        _check(path, expected, "delete it to fetch it again")
        return path
    part = path.with_name(f"{name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    _fetch(url, part)
    try:
        _check(part, expected, "it has been deleted")
    except ValueError:
        part.unlink()
        raise
    return part.replace(path)


def _fetch(url: str, part: Path) -> None:
    """Append to the file what it does not have yet of the content at the address."""
    import_extra("tqdm", extra="io", user="download")  # fails before anything is fetched
    have = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"Range": f"bytes={have}-"})  # noqa: S310 (one of those above)
    try:
        response = urlopen(request, timeout=_SECONDS)  # noqa: S310
    except HTTPError as error:
        if have and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # the file has everything already
        raise
    with response:
        start = have if response.status == HTTPStatus.PARTIAL_CONTENT else 0
        length = response.headers["Content-Length"]
        total = start + int(length) if length else None
        bar = progress_bar(part.stem, total=total, unit="B", user="download", initial=start)
        with bar as advance, part.open("ab" if start else "wb") as file:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                advance(len(chunk))
    if total is not None and part.stat().st_size < total:
        raise OSError(f"the connection to {url} ended early; call again to go on from there")


def _check(path: Path, expected: str, advice: str) -> None:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    found = digest.hexdigest()
    if found != expected:
        raise ValueError(f"{path} has the SHA-256 {found}, not {expected}; {advice}")
