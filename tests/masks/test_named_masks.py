"""Presets by name; each draws the same masks for a seed, for good."""

from __future__ import annotations

from hashlib import sha256

import pytest

from lamakit.masks import MaskSampler, create_mask_sampler, list_mask_samplers, thick
from tests.helpers import seeded

# Name and resolution of a preset; the first 12 digits of the SHA-256 of its first eight masks of
# 256x256 pixels, and of 90x150.
GOLDEN = [
    ("big_lama_training", None, "1e1b584788c8", "746f497a8991"),
    ("big_lama_training", 96, "88efbbcbacd7", "5775e02fd0b3"),
    ("deepfill_like", None, "d5953e85536d", "7a838848c00a"),
    ("glama_general", None, "9cb132b02ed9", "d3c15471b020"),
    ("lama_plus", None, "aad1d2a05f60", "10cd7325e7a4"),
    ("lama_training", None, "d27411b31da7", "55dfd22a64b1"),
    ("lama_training", 96, "9dcf69997907", "1c6c6ec4bd9a"),
    ("medium", None, "614064b13377", "55bd7ab17646"),
    ("medium", 512, "1fcc938025a3", "2f159afc45a1"),
    ("medium", 96, "17d5f41a88a8", "20cd79d33429"),
    ("thick", None, "3812573af6d1", "adefe7302171"),
    ("thick", 512, "4f6bc17dc588", "6a7674bb37bd"),
    ("thick", 96, "62d41b7b762d", "369839eef4b9"),
    ("thin", None, "e4e5c7fc0f50", "fab302b21ea3"),
    ("thin", 512, "182d487774a4", "2bafb01d9735"),
    ("thin", 96, "23859ab22b52", "c83bf353f2d4"),
    ("unseen_combination", None, "00944016e6f2", "3e2bfae429b4"),
]


def fingerprint(sampler: MaskSampler, size: tuple[int, int]) -> str:
    masks = sampler.batch(8, size, generator=seeded())
    return sha256(masks.byte().numpy().tobytes()).hexdigest()[:12]


@pytest.mark.filterwarnings("ignore:an image of .* pixels is too small for strokes")
@pytest.mark.parametrize(("name", "resolution", "square", "oblong"), GOLDEN)
def test_a_seed_gives_the_same_masks_for_good(
    name: str, resolution: int | None, square: str, oblong: str
) -> None:
    settings = {} if resolution is None else {"resolution": resolution}
    sampler = create_mask_sampler(name, **settings)
    assert (fingerprint(sampler, (256, 256)), fingerprint(sampler, (90, 150))) == (square, oblong)


def test_every_preset_has_golden_masks() -> None:
    assert {name for name, *_ in GOLDEN} == set(list_mask_samplers())


def test_names_are_those_of_the_functions() -> None:
    assert list_mask_samplers() == sorted(list_mask_samplers())
    assert create_mask_sampler("thick", resolution=512) == thick(512)
    with pytest.raises(ValueError, match="no mask sampler is called 'thik'; known are big_lama"):
        create_mask_sampler("thik")
    with pytest.raises(TypeError, match="resolution"):
        create_mask_sampler("lama_plus", resolution=512)
