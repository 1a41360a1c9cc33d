"""The layout of the source and of its tests: what may import what, and where things are."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from pathlib import Path

import pytest

import lamakit

ROOT = Path(lamakit.__file__).parent
TESTS = Path(__file__).parent

ARCHITECTURE = TESTS.parent / "docs" / "architecture.md"
TABLE = re.findall(r"^(\d)      (\w+) +\S", ARCHITECTURE.read_text(), re.MULTILINE)
LEVELS = {part: int(level) for level, part in TABLE}  # a part imports only from lower levels

GENERAL_TESTS = ("contract", "examples", "parity", "fuzz")  # of many parts at once
LONGEST_TEST_FILE = 300
LONGEST_FUNCTION = 50

SOURCES = sorted(ROOT.rglob("*.py"))
MODULES = [path for path in SOURCES if path.name != "__init__.py"]
TEST_FILES = sorted(TESTS.rglob("*.py"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT if ROOT in path.parents else TESTS))


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
    return parts & set(LEVELS)


def test_the_architecture_page_lists_every_part() -> None:
    assert {part_of(path) for path in SOURCES} - {"__init__"} == set(LEVELS)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_parts_import_only_from_lower_levels(path: Path) -> None:
    part = part_of(path)
    for other in imported_parts(path) - {part}:
        assert LEVELS[other] < LEVELS[part], f"{part} must not import {other}"


def test_no_two_modules_share_a_name() -> None:
    counts = Counter(path.stem for path in MODULES)
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_no_module_is_hidden_by_what_a_package_exports(path: Path) -> None:
    package = importlib.import_module(".".join(["lamakit", *path.relative_to(ROOT).parts[:-1]]))
    module = importlib.import_module(f"{package.__name__}.{path.stem}")
    assert getattr(package, path.stem) is module


def code_lines(path: Path) -> set[int]:
    """Return the numbers of the lines that hold code: no blank, no comment, no docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            string = node.body[0]
            docstrings |= set(range(string.lineno, (string.end_lineno or 0) + 1))
    lines = enumerate(path.read_text().splitlines(), start=1)
    return {n for n, line in lines if line.strip() and line.strip()[0] != "#"} - docstrings


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_functions_fit_on_a_screen(path: Path) -> None:
    code = code_lines(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            length = len(code & set(range(node.lineno, (node.end_lineno or 0) + 1)))
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines of code"


def module_of(test: Path) -> Path | None:
    """Return the module that a test file is named after: ``test_<module>[_<aspect>].py``."""
    folder = ROOT / test.parent.relative_to(TESTS)
    words = test.stem.removeprefix("test_").split("_")
    names = ["_".join(words[:length]) for length in range(len(words), 0, -1)]
    if test.parent == TESTS:  # of the modules whose names begin with an underscore
        names = [f"_{name}" for name in names]
    return next((path for name in names if (path := folder / f"{name}.py").exists()), None)


def test_tests_mirror_the_source() -> None:
    of_the_whole = {TESTS / "test_layout.py", TESTS / "test_public.py"}
    tests = {
        path: module_of(path)
        for path in sorted(TESTS.rglob("test_*.py"))
        if path not in of_the_whole and path.relative_to(TESTS).parts[0] not in GENERAL_TESTS
    }
    assert [relative(path) for path, module in tests.items() if module is None] == []
    assert [relative(module) for module in MODULES if module not in tests.values()] == []


@pytest.mark.parametrize("path", TEST_FILES, ids=relative)
def test_test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_TEST_FILE
