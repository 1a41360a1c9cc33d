"""Weights for other numbers of channels."""

from __future__ import annotations

import pytest
import torch

from lamakit.checkpoints import (
    adapt_input_channels,
    load_generator,
    to_published_state_dict,
)
from tests.checkpoints.networks import (
    FAMILIES,
    small,
)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("channels", [2, 3, 4, 5, 8])
def test_what_was_known_stays(name: str, channels: int, *, own: bool) -> None:
    model = small(name)
    state_dict = dict(model.state_dict() if own else to_published_state_dict(model))
    before = {key: value.clone() for key, value in state_dict.items()}
    adapted = load_generator(adapt_input_channels(state_dict, channels))
    assert (adapted.in_channels, adapted.out_channels) == (channels, 3)
    side = model.min_size
    grey, mask = torch.rand(1, 1, side, side), torch.rand(1, 1, side, side).round()
    image = grey.expand(-1, 3, -1, -1) if channels < 4 else torch.rand(1, 3, side, side)
    extra = torch.rand(1, max(channels - 4, 0), side, side)
    seen = torch.cat([image[:, : channels - 1], extra, mask], dim=1)
    expected = model(torch.cat([image, mask], dim=1))
    torch.testing.assert_close(adapted(seen), expected, rtol=0, atol=1e-5)
    assert all(torch.equal(state_dict[key], value) for key, value in before.items())


def test_both_branches_of_a_stem() -> None:
    model = small(num_downsamplings=0)
    adapted = adapt_input_channels(to_published_state_dict(model), 7)
    assert load_generator(adapted).in_channels == 7


def test_other_weights() -> None:
    with pytest.raises(ValueError, match="has no first convolution of a generator, called mod"):
        adapt_input_channels({"a": torch.ones(1)}, 3)
    with pytest.raises(TypeError, match=r"got str; that of a file is read_checkpoint\(path\)\.gen"):
        adapt_input_channels("ema.ckpt", 5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="channels must be at least 2, got 1"):
        adapt_input_channels(to_published_state_dict(small()), 1)
