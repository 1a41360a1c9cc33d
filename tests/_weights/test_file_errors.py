"""Whatever a damaged file raises becomes one kind of error."""

from __future__ import annotations

import pytest

from lamakit._weights.file_errors import ACCEPTED, file_errors


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("it is empty"), "it is empty"),
        (KeyError("x"), r"it is damaged \(KeyError\('x'\)\)"),
        (UnicodeDecodeError("ascii", b"\xff", 0, 1, "no"), r"it is damaged \(UnicodeDecodeError"),
        (RecursionError(), r"it is damaged \(RecursionError\(\)\)"),
    ],
)
def test_errors_name_the_file(error: Exception, message: str) -> None:
    expected = rf"^a\.pth cannot be read as weights: {message}.*; expected a file of weights"
    with pytest.raises(ValueError, match=expected) as caught, file_errors("a.pth"):
        raise error
    assert caught.value.__cause__ is error
    assert str(caught.value).endswith(ACCEPTED)


@pytest.mark.parametrize("error", [OSError("disk"), MemoryError(), KeyboardInterrupt()])
def test_errors_of_the_system_stay(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, file_errors("a.pth"):
        raise error
    assert caught.value is error
