"""Downloads go on where they stopped, and keep nothing that is not what was asked for."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError

import pytest
from typing_extensions import override

from lamakit.checkpoints import download
from lamakit.checkpoints.downloads import _FILES

CONTENT = bytes(range(256)) * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "big-lama.zip"


class Server(ThreadingHTTPServer):
    """Sends the content, or the range asked for, and may break off."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str | None] = []
        self.content, self.most, self.knows_ranges = CONTENT, len(CONTENT), True


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.server.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        start = start if self.server.knows_ranges else 0
        if not self.server.content:
            self.send_error(404)
            return
        if start and start >= len(self.server.content):
            self.send_error(416)
            return
        body = self.server.content[start:]
        self.send_response(206 if self.server.knows_ranges else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.most])

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/file"
        monkeypatch.setitem(_FILES, NAME, url)
        yield server
        server.shutdown()


def test_a_file_is_fetched_once(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "folder"
    path = download(NAME, folder, sha256=SHA256)
    assert path == folder / NAME
    assert path.read_bytes() == CONTENT
    assert "100%" in capsys.readouterr().err
    assert download(NAME, folder, sha256=SHA256.upper()) == path
    assert len(server.ranges) == 1
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_broken_fetch_goes_on(server: Server, tmp_path: Path, *, knows_ranges: bool) -> None:
    server.most = 1_000_000
    with pytest.raises(OSError, match="ended early; call again to go on from there"):
        download(NAME, tmp_path, sha256=SHA256)
    assert not (tmp_path / NAME).exists()
    server.most, server.knows_ranges = len(CONTENT), knows_ranges
    assert download(NAME, tmp_path, sha256=SHA256).read_bytes() == CONTENT
    assert server.ranges == ["bytes=0-", "bytes=1000000-"]


def test_a_fetch_that_lacked_only_its_name(server: Server, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT)
    assert download(NAME, tmp_path, sha256=SHA256).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT)}-"]


def test_another_file_is_not_kept(server: Server, tmp_path: Path) -> None:
    server.content = CONTENT[:-1] + b"x"
    with pytest.raises(ValueError, match=f"not {SHA256}; it has been deleted"):
        download(NAME, tmp_path, sha256=SHA256)
    assert not list(tmp_path.iterdir())
    (tmp_path / NAME).write_bytes(b"other")
    with pytest.raises(ValueError, match="delete it to fetch it again"):
        download(NAME, tmp_path, sha256=SHA256)
    assert (tmp_path / NAME).read_bytes() == b"other"


def test_a_missing_file(server: Server, tmp_path: Path) -> None:
    server.content = b""
    with pytest.raises(URLError, match="404"):
        download(NAME, tmp_path, sha256=SHA256)


def test_a_hash_is_needed(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no SHA-256 of big-lama\.zip is known here, so it could"):
        download(NAME, tmp_path)
    with pytest.raises(ValueError, match="sha256 must be 64 hexadecimal digits, got 'abc'"):
        download(NAME, tmp_path, sha256="abc")
    assert not server.ranges


def test_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no published file is called '../x'; known are big-lama"):
        download("../x", tmp_path)


def test_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_FILES, NAME, "http://127.0.0.1:1/file")
    with pytest.raises(URLError):
        download(NAME, tmp_path, sha256=SHA256)


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r"pip install 'lamakit\[io\]'"):
        download(NAME, tmp_path, sha256=SHA256)
