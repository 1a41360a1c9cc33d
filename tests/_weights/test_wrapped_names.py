"""Names of tensors without those of wrappers."""

from __future__ import annotations

import pytest

from lamakit._weights.wrapped_names import without_wrapper, without_wrappers


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("a.weight", "a.weight"),
        ("module.a.weight", "a.weight"),
        ("_orig_mod.module._forward_module.a", "a"),
        ("generator.module.a", "generator.a"),
        ("submodule.a", "submodule.a"),
        ("a.module", "a.module"),
        ("modules.0", "modules.0"),
    ],
)
def test_names(name: str, bare: str) -> None:
    assert without_wrapper(name) == bare


def test_the_counter_of_an_average() -> None:
    assert without_wrappers({"n_averaged": 1, "module.a": 2}) == {"a": 2}
    assert without_wrappers({"ema.n_averaged": 1, "ema.module.a": 2}) == {"ema.a": 2}
    assert without_wrappers({"n_averaged": 1, "a": 2}) == {"n_averaged": 1, "a": 2}


def test_one_name_twice() -> None:
    with pytest.raises(ValueError, match="two tensors are called 'a', one of them inside a wrap"):
        without_wrappers({"a": 1, "module.a": 2})
