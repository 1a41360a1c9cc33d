"""The plain implementations in benchmarks/ compute the same as lamakit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.textbook import TextbookGenerator
from benchmarks.textbook_objects import draw_object_mask, random_objects
from benchmarks.textbook_refinement import textbook_refine
from lamakit.checkpoints import to_published_state_dict
from lamakit.generators import lama_fourier
from lamakit.masks import MaskStack, ObjectShaped
from lamakit.refinement import refine
from tests.parity.golden import load_golden
from tests.parity.test_refinement import generator_of

RENAMED = {
    "model.1.ffc.convl2l": "head.0.0",
    "model.1.bn_l": "head.0.1",
    "model.2.ffc.convl2l": "head.1.0",
    "model.2.bn_l": "head.1.1",
    "model.3.ffc.convl2l": "head.2.0",
    "model.3.bn_l": "head.2.1",
    "model.4.ffc.convl2l": "to_local.0",
    "model.4.bn_l": "to_local.1",
    "model.4.ffc.convl2g": "to_global.0",
    "model.4.bn_g": "to_global.1",
    "model.5.": "blocks.0.",
    "model.6.": "blocks.1.",
    ".ffc.convl2l": ".local_to_local",
    ".ffc.convg2l": ".global_to_local",
    ".ffc.convl2g": ".local_to_global",
    ".ffc.convg2g.conv1.0": ".global_to_global.conv1",
    ".ffc.convg2g.conv1.1": ".global_to_global.norm",
    ".ffc.convg2g.fu.conv_layer": ".global_to_global.fourier_unit.conv",
    ".ffc.convg2g.fu.bn": ".global_to_global.fourier_unit.norm",
    ".ffc.convg2g.conv2": ".global_to_global.conv2",
    ".bn_l": ".local_norm",
    ".bn_g": ".global_norm",
    **{f"model.{8 + 3 * level}.": f"tail.{level}.0." for level in range(3)},
    **{f"model.{9 + 3 * level}.": f"tail.{level}.1." for level in range(3)},
    "model.18.": "tail.4.",
}


def test_textbook_generator() -> None:
    torch.manual_seed(0)
    ours, textbook = lama_fourier(num_blocks=2, base_channels=8), TextbookGenerator(2, 8)
    state_dict = {}
    for published, tensor in to_published_state_dict(ours).items():
        name = published
        for theirs, plain in RENAMED.items():
            name = name.replace(theirs, plain)
        state_dict[name] = tensor
    textbook.load_state_dict(state_dict)
    x = torch.rand(2, 4, 48, 32)
    torch.testing.assert_close(ours(x), textbook(x))  # in training mode
    torch.testing.assert_close(ours.eval()(x), textbook.eval()(x))


def test_textbook_refinement() -> None:
    model = generator_of(load_golden("refinement"))
    image = torch.rand(1, 3, 96, 128, dtype=torch.float64)
    mask = torch.zeros(1, 1, 96, 128, dtype=torch.float64)
    mask[..., 10:90, 30:128] = 1
    ours: list[float] = []
    result = refine(
        model,
        image,
        mask,
        min_side=24,
        iterations=5,
        on_step=lambda _scale, _iteration, loss: ours.append(loss.item()),
    )
    expected, losses = textbook_refine(model, image, mask, scales=3, iterations=5)
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-9)
    assert ours == pytest.approx(losses, rel=1e-9)
    assert all(
        p.grad is not None for p in model.bottleneck.parameters()
    )  # left there by the plain one


def test_textbook_objects() -> None:
    """Both draw from the same distribution: each pixel's share of masks, and the mean area."""
    objects = random_objects(3, 24, np.random.default_rng(2))
    sampler = ObjectShaped(instances=MaskStack.of(torch.from_numpy(objects)))
    ours = sampler.batch(1000, (24, 24), generator=torch.Generator().manual_seed(0))[:, 0]
    random = np.random.default_rng(0)
    plain = np.stack([draw_object_mask(objects, random) for _ in range(1000)])
    theirs = torch.from_numpy(plain).float()
    # The standard error of the difference of two means of 1000 zeros and ones is at most 0.022.
    assert (ours.mean(0) - theirs.mean(0)).abs().max() < 0.09
    assert float(ours.mean()) == pytest.approx(float(theirs.mean()), abs=0.003)
