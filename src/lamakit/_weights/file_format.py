"""The format of a file, told by its first bytes."""

from __future__ import annotations

_OTHER_FORMATS = {
    b"version https://git-lfs": "a Git LFS pointer, which stands for a file not fetched yet",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x89HDF": "an HDF5 file, as Keras writes them",
    b"GGUF": "a GGUF file",
    b"\x93NUMPY": "a NumPy array",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"{": "a JSON text",
}
_HTML = (b"<!doctype", b"<html", b"<head", b"<?xml")


def file_format(start: bytes, file_size: int) -> str:
    """Return the format of a file: "zip", "legacy" or "safetensors".

    Args:
        start: the first bytes, up to 512 of them.
        file_size: the file's length in bytes.

    Raises:
        ValueError: if the file has another format; the message tells which.
    """
    if not file_size:
        raise ValueError("it is empty")
    # Safetensors comes first: its first eight bytes are a length and may look like anything.
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= file_size - 8:
        return "safetensors"
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if start.startswith(b"\x80"):  # a pickle; the reader finds out whether torch.save wrote it
        return "legacy"
    for beginning, what in _OTHER_FORMATS.items():
        if start.startswith(beginning):
            raise ValueError(f"it is {what}")
    if start.lstrip().lower().startswith(_HTML):
        raise ValueError("it is an HTML page, as a failed download leaves")
    if start[257:262] == b"ustar":
        raise ValueError("it is a tar archive; unpack it first, if weights are inside")
    raise ValueError(f"it begins with {start[:8]!r}, as no known format does")
