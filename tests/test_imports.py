"""Optional libraries: imported where they are used, with an error that names the extra."""

from __future__ import annotations

import math
import sys

import pytest

from lamakit._imports import import_extra


def test_a_library_that_is_there() -> None:
    assert import_extra("math", extra="io", user="this test") is math
    path = import_extra("os.path", extra="io", user="this test")
    assert path.join("a", "b").startswith("a")


@pytest.mark.parametrize(
    ("module", "library"),
    [
        ("PIL.Image", "pillow"),
        ("sklearn.metrics", "scikit-learn"),
        ("scipy.ndimage", "scipy"),
        ("tqdm", "tqdm"),
    ],
)
def test_a_library_that_is_missing(
    module: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"^read_image needs {library}: pip install 'lamakit\[io\]'$"
    with pytest.raises(ImportError, match=message) as caught:
        import_extra(module, extra="io", user="read_image")
    assert isinstance(caught.value.__cause__, ImportError)
