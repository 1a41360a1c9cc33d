"""The layout of the source and of its tests: what may import what, and where things are."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from pathlib import Path

import pytest

import lamakit

ROOT = Path(lamakit.__file__).parent

# A part imports only from parts on lower floors (and from itself).
FLOORS = {
    "_checks": 0,
    "_dtypes": 0,
    "_imports": 0,
    "_models": 0,
    "_progress": 1,
    "_registry": 0,
    "_sizes": 0,
    "_weights": 0,
    "layers": 1,
    "images": 1,
    "masks": 2,
    "backbones": 2,
    "analysis": 2,
    "generators": 3,
    "discriminators": 3,
    "losses": 3,
    "metrics": 3,
    "inpainting": 3,
    "refinement": 4,
    "evaluation": 4,
    "checkpoints": 4,
    "deploy": 5,
    "training": 5,
}

SOURCES = sorted(ROOT.rglob("*.py"))
MODULES = [path for path in SOURCES if path.name != "__init__.py"]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_parts(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            modules.add(node.module or "")
            modules.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
    parts = {name.split(".")[1] for name in modules if name.startswith("lamakit.")}
    return parts & set(FLOORS)


def test_every_part_has_a_floor() -> None:
    assert {part_of(path) for path in SOURCES} - {"__init__"} == set(FLOORS)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_parts_import_only_from_floors_below(path: Path) -> None:
    part = part_of(path)
    for other in imported_parts(path) - {part}:
        assert FLOORS[other] < FLOORS[part], f"{part} must not import {other}"


def test_no_two_modules_share_a_name() -> None:
    counts = Counter(path.stem for path in MODULES)
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_no_module_is_hidden_by_what_a_package_exports(path: Path) -> None:
    package = importlib.import_module(".".join(["lamakit", *path.relative_to(ROOT).parts[:-1]]))
    module = importlib.import_module(f"{package.__name__}.{path.stem}")
    assert getattr(package, path.stem) is module
