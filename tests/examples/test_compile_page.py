"""The code of the page about compiling and exporting, run from top to bottom."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from doctest import DocTestParser
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "compile-and-export.md"
HAS_COMPILER = (
    shutil.which("g++") is not None and Path(sysconfig.get_path("include"), "Python.h").exists()
)
# What the blocks have computed, each in its own way.
CHECKS = """
torch.testing.assert_close(filled_by_compiled, expected, rtol=0, atol=1e-4)
torch.testing.assert_close(filled_by_package, expected, rtol=0, atol=1e-4)
assert all(p.grad is not None for p in network.parameters())
"""


def program_of_the_page() -> str:
    """Return the code of all blocks, in their order, without the prompts and outputs."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```(python|pycon)\n(.*?)```", text, re.DOTALL)
    assert {kind for kind, _ in blocks} == {"python", "pycon"}
    examples = DocTestParser().get_examples
    return "\n".join(
        code if kind == "python" else "".join(example.source for example in examples(code))
        for kind, code in blocks
    )


@pytest.mark.slow
@pytest.mark.skipif(
    not HAS_COMPILER and "CI" not in os.environ,
    reason="inductor needs g++ and Python's headers; in continuous integration it must run",
)
def test_the_page_runs_from_top_to_bottom(tmp_path: Path) -> None:
    script = tmp_path / "page.py"
    script.write_text(program_of_the_page() + CHECKS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
