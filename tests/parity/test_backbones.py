"""The dilated ResNet-50 against what the published perceptual loss computed."""

from __future__ import annotations

import torch

from lamakit.backbones import dilated_resnet50
from tests.parity.golden import load_golden, published_weights

GOLDEN = load_golden("perceptual_resnet50_dilated")


def test_dilated_resnet50() -> None:
    extractor = dilated_resnet50(published_weights(GOLDEN))
    pred = torch.from_numpy(GOLDEN["pred"]).requires_grad_()
    predicted = extractor(pred)
    target = extractor(torch.from_numpy(GOLDEN["target"]))
    errors = torch.stack([(p - t).square().mean() for p, t in zip(predicted, target, strict=True)])
    errors.sum().backward()
    assert [list(p.shape) for p in predicted] == GOLDEN["per_layer_shape"].tolist()
    assert pred.grad is not None
    computed = {
        "per_layer_mse": errors,
        "per_layer_mean": torch.stack([p.mean() for p in predicted]),
        "loss_sum": errors.sum(),
        "pred_grad_norm": pred.grad.norm(),
    }
    for name, value in computed.items():
        expected = torch.as_tensor(GOLDEN[name])
        torch.testing.assert_close(value.detach(), expected, rtol=0, atol=1e-5, msg=name)
    # The gradient's norm is small, so it is held to its own magnitude as well.
    torch.testing.assert_close(
        pred.grad.norm(), torch.as_tensor(GOLDEN["pred_grad_norm"]), rtol=1e-5, atol=0
    )
