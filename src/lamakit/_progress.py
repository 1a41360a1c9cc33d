"""Progress bars, drawn by tqdm."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from lamakit._imports import import_extra


@contextlib.contextmanager
def progress_bar(
    description: str, *, total: int | None, unit: str, user: str, initial: int = 0
) -> Iterator[Callable[[int], object]]:
    """Show a bar while the context lasts; yield the function that advances it.

    Args:
        description: the text in front of the bar.
        total: how many units the whole work has; None if that is unknown.
        unit: what is counted, such as "image". "B" is shown in kB, MB and so on.
        user: what shows the bar, for the message where tqdm is missing.
        initial: how many units are done already.

    Raises:
        ImportError: if tqdm is not installed.
    """
    tqdm = import_extra("tqdm", extra="io", user=user).tqdm
    with tqdm(
        total=total, initial=initial, desc=description, unit=unit, unit_scale=unit == "B"
    ) as bar:
        yield bar.update
