"""The similarity at each pixel, compared with scikit-image's."""

from __future__ import annotations

import numpy as np
import torch
from skimage.metrics import structural_similarity

from lamakit._similarity import blur, similarity_map
from tests.helpers import seeded


def test_inside_it_is_scikit_images() -> None:
    x, y = torch.rand(2, 1, 1, 30, 40, generator=seeded()).double()
    _, expected = structural_similarity(
        x[0, 0].numpy(),
        y[0, 0].numpy(),
        data_range=1,
        gaussian_weights=True,
        use_sample_covariance=False,
        full=True,
    )
    found = similarity_map(x, y)[0, 0].numpy()
    np.testing.assert_allclose(found[5:-5, 5:-5], expected[5:-5, 5:-5], atol=1e-9)


def test_a_blur_keeps_the_sum_of_what_is_far_from_the_border() -> None:
    image = torch.zeros(1, 1, 31, 31)
    image[..., 15, 15] = 1
    torch.testing.assert_close(blur(image).sum(), torch.tensor(1.0))
