"""Files of weights: their parts, generators saved and read back, other channels, the Hub."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lamakit.checkpoints import (
    adapt_input_channels,
    from_hub,
    load_discriminator,
    load_generator,
    push_to_hub,
    read_checkpoint,
    save_generator,
    to_published_state_dict,
)
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import (
    ResNetGenerator,
    TwoStageGenerator,
    create_generator,
    lama_fourier,
    lama_regular,
)
from lamakit.layers import FFCResidualBlock

FAMILIES = ["lama_fourier", "lama_regular", "lama_dilated"]


def small(name: str = "lama_fourier", **overrides: Any) -> ResNetGenerator:
    return create_generator(name, base_channels=4, num_blocks=1, **overrides).eval()


def prefixed(prefix: str, state_dict: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: value for name, value in state_dict.items()}


def assert_same(found: nn.Module, expected: nn.Module) -> None:
    assert found.state_dict().keys() == expected.state_dict().keys()
    for name, value in expected.state_dict().items():
        assert torch.equal(found.state_dict()[name], value), name


class TestParts:
    def test_of_a_training_checkpoint(self, tmp_path: Path) -> None:
        model, average, critic = small(), small(), PatchDiscriminator(base_channels=4)
        state_dict = {
            **prefixed("generator.", to_published_state_dict(model)),
            **prefixed("generator_average.", to_published_state_dict(average)),
            **prefixed("discriminator.", to_published_state_dict(critic)),
            "loss_resnet_pl.impl.conv1.weight": torch.ones(1),
            "loss_pl.vgg.0.weight": torch.ones(2),
            "test_evaluator.x": torch.ones(3),
        }
        content: Any = {"state_dict": state_dict, "pytorch-lightning_version": "1.2.9"}
        path = tmp_path / "last.ckpt"
        torch.save(content, path)
        checkpoint = read_checkpoint(path)
        assert checkpoint.format == "lightning"
        assert list(checkpoint.losses) == ["loss_resnet_pl", "loss_pl"]
        assert list(checkpoint.losses["loss_pl"]) == ["vgg.0.weight"]
        assert list(checkpoint.others) == ["test_evaluator.x"]
        assert checkpoint.generator.keys() == checkpoint.average.keys()
        for source in (path, content):
            assert_same(load_generator(source), model)
            assert_same(load_generator(source, average=True), average)
            assert_same(load_discriminator(source), critic)

    @pytest.mark.parametrize("name", FAMILIES)
    @pytest.mark.parametrize(
        "prefix", ["", "generator.", "generator_average.", "model.generator.", "model."]
    )
    def test_prefixes(self, name: str, prefix: str) -> None:
        model = small(name)
        state_dict = prefixed(prefix, to_published_state_dict(model))
        assert_same(load_generator(state_dict), model)

    @pytest.mark.parametrize("prefix", ["", "generator.", "model."])
    @pytest.mark.parametrize(
        ("name", "overrides"),
        [
            ("lama_fourier", {}),
            ("lama_fourier", {"ratio": 0.0}),
            ("lama_fourier", {"ratio": 1.0}),
            ("lama_fourier", {"in_channels": 2, "out_channels": 5, "num_downsamplings": 1}),
            ("lama_fourier", {"local_fourier_unit": True}),
            ("lama_regular", {"num_downsamplings": 0}),
            ("lama_dilated", {"dilations": (1, 2)}),
        ],
    )
    def test_our_own_names(self, name: str, overrides: dict[str, Any], prefix: str) -> None:
        model = small(name, **overrides)
        again = load_generator(prefixed(prefix, model.state_dict()))
        assert_same(again, model)
        assert (again.size_multiple, again.min_size) == (model.size_multiple, model.min_size)

    def test_our_own_names_must_be_complete(self) -> None:
        state_dict = small().state_dict()
        del state_dict["decoder.0.1.bias"]
        with pytest.raises(
            ValueError, match=r"of a complete lama_fourier: 1 missing: decoder\.0\.1\.bias$"
        ):
            load_generator(state_dict)

    def test_the_configuration_builds_the_network(self, tmp_path: Path) -> None:
        for name in FAMILIES:
            model = small(name, in_channels=5, num_downsamplings=2)
            torch.save(to_published_state_dict(model), tmp_path / "file")
            checkpoint = read_checkpoint(tmp_path / "file")
            built = create_generator(**checkpoint.configuration)
            assert str(built) == str(model.train())

    def test_one_name_twice(self) -> None:
        state_dict = to_published_state_dict(small())
        both = {**state_dict, **prefixed("generator.", state_dict)}
        with pytest.raises(ValueError, match="two tensors of the generator are called model"):
            load_generator(both)

    def test_no_average(self) -> None:
        with pytest.raises(ValueError, match="hold no moving average, whose tensors are called"):
            load_generator(to_published_state_dict(small()), average=True)

    def test_no_network_at_all(self, tmp_path: Path) -> None:
        torch.save({"features.0.weight": torch.ones(1)}, tmp_path / "vgg.pth")
        with pytest.raises(
            ValueError, match=r"vgg.pth holds no part of an inpainting network, .*got features\.0"
        ):
            read_checkpoint(tmp_path / "vgg.pth")


class TestHostileShapes:
    """Names and shapes that claim more than there is cost neither time nor memory."""

    @pytest.mark.parametrize("name", FAMILIES)
    @pytest.mark.parametrize("own", [True, False])
    @given(data=st.data())
    def test_any_damage_is_an_error(self, name: str, own: bool, data: st.DataObject) -> None:
        model = small(name)
        state_dict = model.state_dict() if own else to_published_state_dict(model)
        number = st.sampled_from([0, 1, 7, 301, 99_999_999, 10**30])
        for victim in data.draw(
            st.lists(st.sampled_from(sorted(state_dict)), min_size=1, unique=True)
        ):
            tensor = state_dict.pop(victim, torch.zeros(1))
            parts = victim.split(".")
            change = data.draw(st.sampled_from(["index", "shape", "giant", "dtype", "gone"]))
            if change == "index":
                at = [i for i, part in enumerate(parts) if part.isdecimal()]
                parts[data.draw(st.sampled_from(at))] = str(data.draw(number))
                state_dict[".".join(parts)] = tensor
            elif change == "shape":
                state_dict[victim] = tensor.flatten()[:0].reshape(data.draw(EMPTY_SHAPES))
            elif change == "giant":
                state_dict[victim] = torch.empty(data.draw(GIANT_SHAPES), device="meta")
            elif change == "dtype":
                state_dict[victim] = tensor.to(data.draw(st.sampled_from(DTYPES)))
        start = time.perf_counter()
        try:
            load_generator(state_dict)
        except ValueError as error:
            assert len(str(error)) < 5000  # noqa: PT017 (a second half of a name may be whole)
        assert time.perf_counter() - start < 5

    def test_numbers_far_beyond(self) -> None:
        for index in ("301", "99999999", "9" * 5000):
            state_dict = to_published_state_dict(small())
            state_dict[f"model.{index}.conv1.bn_l.weight"] = torch.ones(1)
            with pytest.raises(ValueError, match="a part with a number above 300, which no publis"):
                load_generator(state_dict)

    def test_more_convolutions_than_any_block_has(self) -> None:
        state_dict = to_published_state_dict(small("lama_dilated"))
        state_dict["model.300.conv_block.0.convs.299.weight"] = torch.ones(1)
        with pytest.raises(ValueError, match="a part with a number above 15, which no published"):
            load_generator(state_dict)

    def test_sizes_that_no_network_has(self) -> None:
        state_dict = to_published_state_dict(small("lama_regular"))
        for name in ("model.1.weight", "model.1.bias"):
            state_dict[name] = torch.empty(2**62, 0)
        with pytest.raises(ValueError, match="the weights have sizes that no network has"):
            load_generator(state_dict)

    def test_dtypes_of_other_kinds(self) -> None:
        state_dict = to_published_state_dict(small())
        state_dict["model.1.bn_l.weight"] = state_dict["model.1.bn_l.weight"].long()
        with pytest.raises(ValueError, match=r"a dtype that is not theirs: model\.1\.bn_l\.weight"):
            load_generator(state_dict)


EMPTY_SHAPES = st.sampled_from([(0,), (0, 2**40), (2**40, 0), (0, 0, 3, 3)])
GIANT_SHAPES = st.sampled_from([(), (2**40,), (2**20, 2**20), (2**30, 4, 7, 7), (1,) * 9])
DTYPES = [torch.int64, torch.bool, torch.complex64, torch.float16, torch.float64]


class TestSaveGenerator:
    @pytest.mark.parametrize(
        ("name", "overrides"),
        [
            ("lama_fourier", {}),
            ("lama_fourier", {"ratio": 0.5, "local_fourier_unit": True, "in_channels": 2}),
            ("lama_fourier", {"output_activation": nn.Identity, "activation_layer": nn.ReLU}),
            ("lama_regular", {"output_activation": nn.Tanh, "num_downsamplings": 2}),
            ("lama_dilated", {"dilations": (1, 2)}),
        ],
    )
    def test_round_trip(self, name: str, overrides: dict[str, Any], tmp_path: Path) -> None:
        model = small(name, **overrides)
        path = tmp_path / "mine.safetensors"
        save_generator(model, path)
        again = load_generator(path)
        assert_same(again, model)
        x = torch.rand(1, model.in_channels, model.min_size, model.min_size)
        assert torch.equal(again(x), model(x))
        checkpoint = read_checkpoint(path)
        assert checkpoint.format == "safetensors"
        assert checkpoint.output_activation in {"sigmoid", "tanh", "identity"}
        assert isinstance(load_generator(path, output_activation=nn.Tanh).decoder[-1][-1], nn.Tanh)  # type: ignore[index]

    def test_channels_last_and_half_precision(self, tmp_path: Path) -> None:
        model = small().to(memory_format=torch.channels_last).half()  # type: ignore[call-overload]
        save_generator(model, tmp_path / "file")
        assert read_checkpoint(tmp_path / "file").generator["model.1.bn_l.bias"].dtype.itemsize == 2
        assert_same(load_generator(tmp_path / "file"), model.float())

    @pytest.mark.parametrize(
        ("overrides", "message"),
        [
            ({"output_activation": nn.Hardsigmoid}, "the output activation is a Hardsigmoid, whi"),
            ({"activation_layer": nn.GELU}, r"is GELU\(.*\), but a file would rebuild it as ReLU"),
            (
                {"norm_layer": partial(nn.BatchNorm2d, eps=0.1)},
                r"BatchNorm2d\(\d+, eps=0.1, .*1e-0",
            ),
            ({"norm_layer": None}, "which has batch normalisation everywhere"),
        ],
    )
    def test_what_cannot_be_rebuilt(
        self, overrides: dict[str, Any], message: str, tmp_path: Path
    ) -> None:
        with pytest.raises(ValueError, match=message):
            save_generator(small(**overrides), tmp_path / "file")
        assert not (tmp_path / "file").exists()

    def test_further_modules(self, tmp_path: Path) -> None:
        model = small()
        model.decoder[0].append(nn.Dropout())  # type: ignore[operator]
        with pytest.raises(
            ValueError, match=r"decoder\.0\.3 is Dropout\(p=0\.5, .*as nothing; save"
        ):
            save_generator(model, tmp_path / "file")

    def test_other_blocks(self, tmp_path: Path) -> None:
        block = partial(FFCResidualBlock, ratio=0.5, dilation=2)
        with pytest.raises(ValueError, match="only a generator whose blocks are 3x3, undilated"):
            save_generator(ResNetGenerator(block=block, base_channels=4), tmp_path / "file")

    def test_a_file_with_an_unknown_activation(self, tmp_path: Path) -> None:
        from safetensors.torch import save_file  # noqa: PLC0415 (an extra)

        path = tmp_path / "file"
        save_file(to_published_state_dict(small()), path, {"output_activation": "eval"})
        with pytest.raises(
            ValueError, match="no output activation is called 'eval'; known are ide"
        ):
            load_generator(path)

    def test_without_the_library(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "safetensors.torch", None)
        with pytest.raises(ImportError, match=r"pip install 'lamakit\[safetensors\]'"):
            save_generator(small(), tmp_path / "file")


class TestAdaptInputChannels:
    @pytest.mark.parametrize("name", FAMILIES)
    @pytest.mark.parametrize("own", [True, False])
    @pytest.mark.parametrize("channels", [2, 3, 4, 5, 8])
    def test_what_was_known_stays(self, name: str, channels: int, *, own: bool) -> None:
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

    def test_both_branches_of_a_stem(self) -> None:
        model = small(num_downsamplings=0)
        adapted = adapt_input_channels(to_published_state_dict(model), 7)
        assert load_generator(adapted).in_channels == 7

    def test_other_weights(self) -> None:
        with pytest.raises(ValueError, match="has no first convolution of a generator, called mod"):
            adapt_input_channels({"a": torch.ones(1)}, 3)
        with pytest.raises(ValueError, match="channels must be at least 2, got 1"):
            adapt_input_channels(to_published_state_dict(small()), 1)


class FakeHub:
    """The Hub's calls, on a local folder."""

    folder: Path

    def create_repo(self, repo_id: str, *, private: bool, exist_ok: bool) -> None:
        assert exist_ok
        (self.folder / repo_id).mkdir(parents=True)
        (self.folder / repo_id / "private").write_text(str(private))

    def upload_file(self, *, path_or_fileobj: Path, path_in_repo: str, repo_id: str) -> Any:
        target = self.folder / repo_id / path_in_repo
        target.write_bytes(path_or_fileobj.read_bytes())
        return SimpleNamespace(commit_url=f"https://hub/{repo_id}/commit/1")


class TestHub:
    def test_round_trip(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = []

        def fetch(repo_id: str, filename: str, *, revision: str | None) -> str:
            asked.append(revision)
            return str(tmp_path / repo_id / filename)

        monkeypatch.setattr(FakeHub, "folder", tmp_path, raising=False)
        monkeypatch.setattr("huggingface_hub.HfApi", FakeHub)
        monkeypatch.setattr("huggingface_hub.hf_hub_download", fetch)
        model = small(output_activation=nn.Tanh)
        address = push_to_hub(model, "me/mine", private=True)
        assert address == "https://hub/me/mine/commit/1"
        assert (tmp_path / "me/mine/private").read_text() == "True"
        for source in ("me/mine", tmp_path / "me/mine"):
            again = from_hub(source, revision="abc")
            assert_same(again, model)
            assert isinstance(again.decoder[-1][-1], nn.Tanh)  # type: ignore[index]
        assert asked == ["abc"]

    def test_nothing_is_sent_that_cannot_be_rebuilt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("huggingface_hub.HfApi", None)
        with pytest.raises(ValueError, match="rebuild"):
            push_to_hub(lama_regular(base_channels=4, activation_layer=nn.ELU), "me/mine")

    def test_no_file_in_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"model\.safetensors"):
            from_hub(tmp_path)

    def test_without_the_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)
        for call in (partial(from_hub, "me/mine"), partial(push_to_hub, lama_fourier(), "me/mine")):
            with pytest.raises(ImportError, match=r"pip install 'lamakit\[hub\]'"):
                call()


@pytest.mark.parametrize("ratio", [0, 0.3, 1])
def test_any_ratio_is_saved(tmp_path: Path, ratio: float) -> None:
    model = lama_fourier(base_channels=8, num_blocks=1, ratio=ratio).eval()
    save_generator(model, tmp_path / "mine.safetensors")
    x = torch.rand(1, 4, 16, 16)
    again = load_generator(tmp_path / "mine.safetensors")
    torch.testing.assert_close(again(x), model(x), rtol=0, atol=0)


def test_the_default_device_changes_nothing(tmp_path: Path) -> None:
    model = lama_fourier(base_channels=8, num_blocks=1)
    torch.save(to_published_state_dict(model), tmp_path / "mine.pth")
    with torch.device("meta"):
        again = load_generator(tmp_path / "mine.pth")
    assert {p.device.type for p in again.parameters()} == {"cpu"}
    found, expected = (to_published_state_dict(m) for m in (again, model))
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_other_networks_have_no_published_names(tmp_path: Path) -> None:
    one = lama_fourier(base_channels=8, num_blocks=1)
    with pytest.raises(TypeError, match="published names, got TwoStageGenerator; save its state"):
        save_generator(TwoStageGenerator(one, one), tmp_path / "x")  # type: ignore[arg-type]
