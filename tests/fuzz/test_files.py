"""Damaged and hostile files end in ValueError or OSError, soon, and nothing in them runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.judge import outcome, watched
from tests.fuzz.mutations import CANARY, mutants
from tests.fuzz.seeds import whole_files

WHOLE = whole_files()


@pytest.mark.parametrize("kind", WHOLE)
def test_mutants(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "file"
    path.write_bytes(WHOLE[kind])
    assert outcome(path) == "loaded"
    outcomes = []
    for damage, mutant in mutants(kind, WHOLE[kind], 100, seed=0):
        path.write_bytes(mutant)
        with watched() as events:
            outcomes.append(outcome(path))
        assert not events, damage
        assert not (tmp_path / CANARY).exists(), damage
    assert outcomes.count("ValueError") > 30
