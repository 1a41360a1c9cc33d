"""Generators on the Hub."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from torch import nn

from lamakit.checkpoints import (
    from_hub,
    push_to_hub,
)
from lamakit.generators import (
    lama_fourier,
    lama_regular,
)
from tests.checkpoints.networks import (
    assert_same,
    small,
)


class FakeHub:
    """The Hub's calls, on a local folder."""

    folder: Path

    def create_repo(self, repo_id: str, *, private: bool, exist_ok: bool) -> None:
        assert exist_ok
        (self.folder / repo_id).mkdir(parents=True)
        (self.folder / repo_id / "private").write_text(str(private))

    def upload_file(self, *, path_or_fileobj: Path, path_in_repo: str, repo_id: str) -> Any:
        target = self.folder / repo_id / path_in_repo
        target.write_bytes(path_or_fileobj.read_bytes())
        return SimpleNamespace(commit_url=f"https://hub/{repo_id}/commit/1")


def test_round_trip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(repo_id: str, filename: str, *, revision: str | None) -> str:
        asked.append(revision)
        return str(tmp_path / repo_id / filename)

    monkeypatch.setattr(FakeHub, "folder", tmp_path, raising=False)
    monkeypatch.setattr("huggingface_hub.HfApi", FakeHub)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", fetch)
    model = small(output_activation=nn.Tanh)
    address = push_to_hub(model, "me/mine", private=True)
    assert address == "https://hub/me/mine/commit/1"
    assert (tmp_path / "me/mine/private").read_text() == "True"
    for source in ("me/mine", tmp_path / "me/mine"):
        again = from_hub(source, revision="abc")
        assert_same(again, model)
        assert isinstance(again.decoder[-1][-1], nn.Tanh)  # type: ignore[index]
    assert asked == ["abc"]


def test_nothing_is_sent_that_cannot_be_rebuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.HfApi", None)
    with pytest.raises(ValueError, match="rebuild"):
        push_to_hub(lama_regular(base_channels=4, activation_layer=nn.ELU), "me/mine")


def test_no_file_in_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors"):
        from_hub(tmp_path)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for call in (partial(from_hub, "me/mine"), partial(push_to_hub, lama_fourier(), "me/mine")):
        with pytest.raises(ImportError, match=r"pip install 'lamakit\[hub\]'"):
            call()
