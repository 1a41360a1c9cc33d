"""The checks of the project: ``nox`` runs everything that continuous integration does."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.reuse_venv = "yes"

PROJECT = nox.project.load_toml("pyproject.toml")
CHECKED = ["src", "tests", "examples", "benchmarks", "noxfile.py"]


def install(session: nox.Session, *groups: str) -> None:
    """Install lamakit, editable, and these dependency groups, as constraints.txt pins them."""
    requirements = nox.project.dependency_groups(PROJECT, *groups)
    session.install("-c", "constraints.txt", "-e", ".", *requirements)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and common mistakes."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check static types strictly, also those of tests, examples and benchmarks."""
    install(session, "types")
    session.run("mypy", *CHECKED)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the fast tests: what a change should pass before anything else."""
    install(session, "tests")
    session.run("pytest", "-n", "auto", "-m", "not slow", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that take longer, such as compiling and training."""
    install(session, "tests")
    session.run("pytest", "-n", "auto", "-m", "slow", *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run the fast tests with branch coverage. Not part of continuous integration."""
    install(session, "tests")
    session.run("pytest", "-n", "auto", "-m", "not slow", "--cov", *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the fast tests with the oldest dependencies allowed, but torch as in constraints.txt."""
    run_tests_with(
        session, [bound for bound in oldest_bounds(session) if not bound.startswith("torch")]
    )


@nox.session(default=False)
def lowest_torch(session: nox.Session) -> None:
    """Run them with the oldest torch, too. By hand: it installs gigabytes of CUDA libraries."""
    run_tests_with(session, oldest_bounds(session), constraints=False)


def oldest_bounds(session: nox.Session) -> list[str]:
    """Return every dependency pinned to its lower bound."""
    if sys.version_info >= (3, 13):
        session.skip("the oldest numpy allowed has no wheels for this Python; use 3.10 to 3.12")
    return [bound.replace(">=", "==") for bound in PROJECT["project"]["dependencies"]]


def run_tests_with(session: nox.Session, pins: list[str], *, constraints: bool = True) -> None:
    """Install lamakit with these versions and run the fast tests."""
    pinned = ["-c", "constraints.txt"] if constraints else []
    tools = nox.project.dependency_groups(PROJECT, "tests")
    session.install(*pinned, "-e", ".", *pins, *tools)
    session.run("pytest", "-n", "auto", "-m", "not slow")


@nox.session
def doctest(session: nox.Session) -> None:
    """Run every example in a docstring, the README and the documentation."""
    install(session, "tests")
    built = ["--ignore=docs/_build", "--ignore=docs/gallery", "--ignore=docs/conf.py"]
    pages = ["src", "README.md", "docs"]
    session.run("pytest", "--doctest-modules", "--doctest-glob=*.md", *built, *pages)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation offline, warnings as errors; this runs every gallery example once."""
    install(session, "docs", "examples")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html")


@nox.session
def bench(session: nox.Session) -> None:
    """Answer each benchmark's question with a ratio to a plain reference."""
    install(session, "bench")
    for path in sorted(Path("benchmarks").glob("bench_*.py")):
        session.run("python", "-m", f"benchmarks.{path.stem}", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build wheel and sdist; check that the wheel works alone in a clean environment."""
    session.install(*nox.project.dependency_groups(PROJECT, "build"))
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--outdir", folder)
        (wheel,) = Path(folder).glob("*.whl")
        (sdist,) = Path(folder).glob("*.tar.gz")
        session.log(f"built {wheel.name} and {sdist.name}")
        session.run("python", "-m", "venv", f"{folder}/clean")
        clean = f"{folder}/clean/bin/python"
        constraints = Path("constraints.txt").resolve()
        session.run(
            clean, "-m", "pip", "install", "-q", "-c", str(constraints), str(wheel), external=True
        )
        session.chdir(folder)
        session.run(clean, "-c", CHECK_INSTALLED, external=True)


CHECK_INSTALLED = """
import importlib.resources, pkgutil
import lamakit
assert "clean" in lamakit.__file__, lamakit.__file__
assert importlib.resources.files("lamakit").joinpath("py.typed").is_file()
names = [module.name for module in pkgutil.walk_packages(lamakit.__path__, "lamakit.")]
for name in names:
    try:
        __import__(name)
    except ImportError as error:
        assert name == "lamakit.metrics.torchmetrics" and "lamakit[evaluation]" in str(error), name
print("lamakit", lamakit.__version__, "imports:", len(names), "modules")

import torch
from lamakit.checkpoints import load_pretrained
from lamakit.inpainting import inpaint
image, mask = torch.rand(1, 3, 60, 80), torch.zeros(1, 1, 60, 80)
mask[..., 20:40, 20:40] = 1
assert inpaint(load_pretrained("lama_tiny"), image, mask).isfinite().all()
print("lama_tiny fills")
"""
