"""A method is a network, a function of tensors, or a function of arrays as other libraries have."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lamakit.evaluation import numpy_method
from lamakit.evaluation.methods import as_function
from lamakit.generators import lama_fourier
from lamakit.inpainting import inpaint
from tests.evaluation.inputs import grey
from tests.metrics.inputs import box_masks, random_images, random_mask


def test_functions_of_arrays_get_images_as_other_libraries_have_them() -> None:
    images, masks = random_images(0, 2, 3, 4, 5), random_mask(1, 2, 1, 4, 5)

    def function(image: object, mask: object) -> object:
        assert isinstance(image, np.ndarray)
        assert isinstance(mask, np.ndarray)
        assert image.shape == (4, 5, 3)
        assert image.dtype == "float32"
        assert mask.shape == (4, 5)
        assert mask.dtype == "bool"
        filled = image.astype("float64")
        filled[mask] = [0.25, 0.5, 0.75]
        return filled

    filled = numpy_method(function)(images.double(), masks.double())  # type: ignore[arg-type]
    color = torch.tensor([0.25, 0.5, 0.75]).view(3, 1, 1)
    expected = torch.where(masks > 0, color, images)
    assert filled.dtype == torch.float64
    torch.testing.assert_close(filled.float(), expected)


def test_functions_of_arrays_refuse_what_does_not_fit() -> None:
    fill = numpy_method(lambda image, _: image[..., 0])
    with pytest.raises(ValueError, match=r"function must return shape \(4, 5, 3\), got \(4, 5\)"):
        fill(torch.rand(1, 3, 4, 5), torch.ones(1, 1, 4, 5))
    with pytest.raises(ValueError, match="mask must have shape"):
        fill(torch.rand(1, 3, 4, 5), torch.ones(1, 1, 5, 4))


def test_a_network_becomes_its_inpainting() -> None:
    model = lama_fourier(base_channels=4, num_blocks=1)
    images, masks = random_images(0, 2, 3, 24, 32), box_masks(2)
    filled = as_function(model)(images, masks)
    assert filled.is_inference()
    torch.testing.assert_close(filled.clone(), inpaint(model, images, masks))
    assert as_function(grey) is grey
