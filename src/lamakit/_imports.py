"""Import of optional libraries: each error names the extra that installs them."""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {"PIL": "pillow", "sklearn": "scikit-learn"}  # where the import differs


def import_extra(module: str, *, extra: str, user: str) -> Any:  # noqa: ANN401 (any library)
    """Import a library that comes with an extra.

    Args:
        module: its dotted name, such as "scipy.ndimage".
        extra: the extra that installs it.
        user: what needs it, for the message.

    Raises:
        ImportError: if it is not installed, with the command that installs it.
    """
    library = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{user} needs {_NAMES.get(library, library)}: pip install 'lamakit[{extra}]'"
        ) from error
