"""The settings of a training run from a command line and a TOML file."""

from __future__ import annotations

import argparse
import difflib
import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from lamakit._imports import import_extra
from lamakit.training.recipes import get_recipe, list_recipes
from lamakit.training.setting_values import check_type, merge
from lamakit.training.settings import TrainingSettings

_METAVARS = {int: "INT", float: "FLOAT", str: "TEXT"}
_COLLECTIONS: dict[Any, Any] = {tuple: tuple, Mapping: dict}


def parse_settings(arguments: Sequence[str] | None = None) -> TrainingSettings:
    """Return the settings that a command line asks for.

    There is a flag for each field of :class:`TrainingSettings`, such as ``--batch-size 8``,
    ``--no-mirror``, ``--consistency-scales 0.5 0.25`` or ``--weights l1_known=5 perceptual=0``.
    ``--config`` names a TOML file with the same fields, mappings as tables, and ``--recipe``, or
    ``recipe`` in that file, the recipe that both change. So a value comes from the flags, else from
    the file, else from the recipe, else it is the default; mappings are merged entry by entry.
    ``--help`` lists all.

    Args:
        arguments: the words of the command line; None for those that Python was started with.

    Raises:
        SystemExit: with status 2 and a message, if the command line or the file is wrong; with
            status 0 after ``--help``.
        ImportError: if there is something in TOML to read and Python is 3.10, which needs tomli.

    Example:
        >>> settings = parse_settings(["--images", "photos", "--weights", "l1_known=5"])
        >>> settings.images, settings.weights
        ('photos', {'l1_known': 5})
    """
    parser = _parser()
    flags = vars(parser.parse_args(arguments))
    path = flags.pop("config", None)
    for name, annotation in get_type_hints(TrainingSettings).items():
        if name in flags and get_origin(annotation) in _COLLECTIONS:  # argparse made a list
            flags[name] = _COLLECTIONS[get_origin(annotation)](flags[name])
    try:
        values = merge({} if path is None else _read_file(path), flags)
        recipe = values.pop("recipe", None)
        if recipe is not None:
            return TrainingSettings.from_recipe(recipe, **values)
        return TrainingSettings(**values)
    except (TypeError, ValueError) as error:
        parser.error(str(error))


def _parser() -> argparse.ArgumentParser:
    """Build a parser with a flag for each field, which is absent from the result if not given."""
    parser = argparse.ArgumentParser(
        usage="%(prog)s [--config FILE] [--recipe NAME] [--SETTING VALUE ...]",
        description="Train a network that fills the missing parts of images.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="TOML file with any of the settings below, named with underscores, and recipe",
    )
    parser.add_argument(
        "--recipe",
        metavar="NAME",
        choices=list_recipes(),
        help=(
            "settings of a published network, which file and flags change, one of "
            f"{', '.join(list_recipes())} (default: none)"
        ),
    )
    annotations, documented = get_type_hints(TrainingSettings), _documented_fields()
    for field in fields(TrainingSettings):
        text = f"{documented.get(field.name, '')} (default: {_default(field)})"
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            help=text.replace("%", "%%"),
            **_flag_options(annotations[field.name]),
        )
    return parser


def _flag_options(annotation: Any) -> dict[str, Any]:  # noqa: ANN401 (a type)
    """Return how argparse reads a field of that type."""
    kind, arguments = get_origin(annotation), get_args(annotation)
    if annotation is bool:
        return {"action": argparse.BooleanOptionalAction}
    if kind is Literal:
        return {"choices": arguments}
    if kind is tuple:
        return {"nargs": "*", "type": arguments[0], "metavar": _METAVARS[arguments[0]]}
    if kind is Mapping:
        return {"nargs": "*", "type": _entry, "action": "extend", "metavar": "NAME=VALUE"}
    return {"type": annotation, "metavar": _METAVARS[annotation]}


def _entry(text: str) -> tuple[str, object]:
    """Return name and value of "name=value": the value is TOML, or a bare word."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got {text!r}")
    try:
        return name, _toml().loads(f"value = {value}")["value"]
    except ValueError as error:
        if re.fullmatch(r"[A-Za-z_./~][\w./~-]*", value):
            return name, value
        raise argparse.ArgumentTypeError(
            f"the value of {text!r} is neither TOML nor a bare word: {error}"
        ) from None


def _read_file(path: str) -> dict[str, Any]:
    """Return the settings of a TOML file, and ``recipe`` if it has that, checked one by one."""
    try:
        values: dict[str, Any] = _toml().loads(Path(path).read_text("utf-8"))
        return {name: _checked(name, value) for name, value in values.items()}
    except OSError as error:
        raise ValueError(f"--config {path} cannot be read: {error.strerror}") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def _checked(name: str, value: object) -> object:
    """Return a value of a TOML file as its field takes it; raise if there is no such field."""
    annotations = {**get_type_hints(TrainingSettings), "recipe": str}
    if name not in annotations:
        near = difflib.get_close_matches(name, annotations, n=1)
        advice = f"did you mean {near[0]!r}?" if near else "--help lists all settings"
        raise ValueError(f"no setting is called {name!r}; {advice}")
    if get_origin(annotations[name]) is tuple and isinstance(value, list):
        value = tuple(value)  # TOML has no other sequence
    check_type(name, value, annotations[name])
    if name == "recipe":
        get_recipe(str(value))  # raises if there is none
    return value


def _documented_fields() -> dict[str, str]:
    """Return what the docstring of the settings says about each of them, on one line."""
    doc = inspect.getdoc(TrainingSettings) or ""
    block = doc.partition("\nArgs:\n")[2].partition("\n\n")[0]
    entries = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", block, re.MULTILINE)
    return {name: " ".join(text.replace("``", "").split()) for name, text in entries}


def _default(field: Field[Any]) -> str:
    """Return the default of a field as one would type it."""
    value = field.default if field.default_factory is MISSING else field.default_factory()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, Mapping)):
        return " ".join(map(str, value)) or "none"
    return str(value) or '""'


def _toml() -> Any:  # noqa: ANN401 (one of two modules)
    """Return the module that reads TOML."""
    name = "tomllib" if sys.version_info >= (3, 11) else "tomli"
    return import_extra(name, extra="train", user="reading TOML")
