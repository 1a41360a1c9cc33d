"""Progress bars."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from lamakit._progress import progress_bar


def test_a_bar_shows_what_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("counting", total=3, unit="step", user="this test") as advance:
        for _ in range(3):
            advance(1)
    written = capsys.readouterr().err
    assert "counting" in written
    assert "3/3" in written
    assert "step" in written


def test_bytes_are_shown_in_larger_units(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("loading", total=4000, unit="B", user="this test", initial=1000) as advance:
        advance(3000)
    assert "4.00k/4.00k" in capsys.readouterr().err


def test_the_bar_ends_with_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(advance: Callable[[int], object]) -> None:
        advance(2)
        raise KeyError

    bar = progress_bar("counting", total=None, unit="step", user="this test")
    with pytest.raises(KeyError), bar as advance:
        fail(advance)
    assert "2step" in capsys.readouterr().err


def test_without_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with (
        pytest.raises(ImportError, match=r"^download needs tqdm: pip install 'lamakit\[io\]'$"),
        progress_bar("loading", total=1, unit="B", user="download"),
    ):
        pass
