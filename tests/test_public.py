"""What the package exports, and what its docstrings say."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from torch import nn

import lamakit.discriminators
import lamakit.layers
from lamakit.generators import list_generators
from tests.contract.cases import CASES
from tests.public_names import PUBLIC

ROOT = Path(lamakit.__file__).parent

PROTOCOLS = ("FeatureExtractor", "MaskSampler", "SetMetric", "SizedModel", "SplitModel")


def documented_arguments(doc: str) -> set[str]:
    """Return the names that the ``Args:`` block of a docstring explains."""
    block = re.search(r"^Args:\n((?:    .*\n|\n)+)", doc + "\n", re.MULTILINE)
    return set(re.findall(r"^    \*{0,2}(\w+):", block[1], re.MULTILINE)) if block else set()


def passed_on(public: Callable[..., object]) -> set[str]:
    """Return the arguments that a callable takes as ``**options: Unpack[SomeTypedDict]``."""
    if "options" not in inspect.signature(public).parameters:
        return set()
    function = inspect.getattr_static(public, "__init__") if isinstance(public, type) else public
    annotation = get_type_hints(function, include_extras=True)["options"]
    return set(get_type_hints(*get_args(annotation)))


def test_public_names() -> None:
    folders = {path.parent.name for path in ROOT.glob("[!_]*/__init__.py")}
    packages = {"lamakit"} | {f"lamakit.{folder}" for folder in folders}
    assert packages == set(PUBLIC)
    for name, names in PUBLIC.items():
        module = importlib.import_module(name)
        assert sorted(module.__all__) == names
        assert all(hasattr(module, public) for public in names)


@pytest.mark.parametrize(
    "name",
    [
        f"{module}.{name}"
        for module, names in PUBLIC.items()
        for name in names
        if name != "__version__"
    ],
)
def test_public_docstrings_are_whole(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    public = getattr(importlib.import_module(module), attribute)
    doc = inspect.getdoc(public) or ""
    assert doc.split("\n\n")[0].endswith(".")
    if attribute not in PROTOCOLS:  # these have no arguments
        assert "Example:" in doc
        inherited = getattr(public, "__init__", None) is nn.Module.__init__  # nothing to set
        parameters = set() if inherited else set(inspect.signature(public).parameters)
        assert parameters == documented_arguments(doc)
        for option in passed_on(public):
            assert re.search(rf"``{option}\b", doc), option


def test_the_contract_covers_every_module() -> None:
    public = [getattr(lamakit.layers, name) for name in PUBLIC["lamakit.layers"]]
    public += [getattr(lamakit.discriminators, name) for name in PUBLIC["lamakit.discriminators"]]
    names = [c.__name__ for c in public if isinstance(c, type) and issubclass(c, nn.Module)]
    for name in [*names, *list_generators()]:
        assert any(str(case).split("-")[0] == name for case in CASES), name


def test_importing_is_light() -> None:
    program = (
        "import sys, socket, torch\n"
        "before = set(sys.modules)\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        f"import {', '.join(PUBLIC)}\n"
        "heavy = {'kornia', 'matplotlib', 'scipy', 'skimage', 'torchmetrics', 'torchvision'}\n"
        "heavy |= {'tqdm', 'PIL', 'safetensors', 'huggingface_hub'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


REFERENCE = sorted((Path(__file__).parent.parent / "docs" / "reference").glob("*.md"))


@pytest.mark.parametrize("page", REFERENCE, ids=lambda page: page.stem)
def test_the_reference_lists_every_public_name(page: Path) -> None:
    module = importlib.import_module(f"lamakit.{page.stem}")
    entry = re.compile(
        r"^\.\. auto(?!module)\w+:: lamakit\.\w+\.(\w+).*\n(?:   :members: (.+)\n)?", re.MULTILINE
    )
    entries = entry.findall(page.read_text())
    assert sorted(name for name, _ in entries) == sorted(module.__all__)
    for name, members in entries:
        for member in filter(None, members.split(", ")):
            assert hasattr(getattr(module, name), member), f"{name}.{member}"


def test_typed_marker_is_shipped() -> None:
    assert (ROOT / "py.typed").exists()
