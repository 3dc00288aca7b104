from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from torch import Tensor, nn

from guidance import Encoder, load_encoder
from guidance.encoders.precision import faster_precision
from guidance.encoders.transformer import PatchEmbedding, attend
from limn.choices import keeping_choices
from limn.errors import InputError
from pipelines.inputs.pictures import fit, read_picture

ASSETS = Path(__file__).parents[3] / "configs" / "assets"
KINDS = ["resnet", "vit", "timm-vit", "timm-siglip", "timm-convnet"]


def oracle(folder: Path) -> tuple[nn.Module, Any]:
    model = open_clip.create_model(f"local-dir:{folder}").eval()
    return model, model.visual


def hooked(kind: str, visual: Any, pictures: Tensor) -> list[Tensor]:
    """The layers by hooks on the untouched model, as they come."""
    modules = {
        "resnet": lambda: [visual.avgpool, *(getattr(visual, f"layer{i}") for i in (1, 2, 3, 4))],
        "vit": lambda: list(visual.transformer.resblocks),
        "timm-vit": lambda: list(visual.trunk.blocks),
        "timm-siglip": lambda: list(visual.trunk.blocks),
        "timm-convnet": lambda: [
            visual.trunk.act1,
            *(getattr(visual.trunk, f"layer{i}") for i in (1, 2, 3, 4)),
        ],
    }[kind]()
    outputs: list[Tensor] = []
    handles = [module.register_forward_hook(lambda _m, _i, output: outputs.append(output)) for module in modules]
    visual(pictures)
    for handle in handles:
        handle.remove()
    return outputs


@pytest.mark.parametrize("kind", KINDS)
def test_embeddings_and_layers_are_those_of_the_untouched_model(kind: str, folders: dict[str, Path]) -> None:
    encoder = load_encoder(f"local-dir:{folders[kind]}", precision="float32")
    model, visual = oracle(folders[kind])
    pictures = torch.rand(2, 3, *encoder.size, generator=torch.Generator().manual_seed(0))
    prepared = encoder.preprocess.normalise(pictures)
    encoded = encoder.encode_image(pictures, layers=encoder.layers)
    torch.testing.assert_close(encoded.embedding, model.encode_image(prepared), rtol=1e-3, atol=1e-3)
    expected = hooked(kind, visual, prepared)
    assert len(expected) == len(encoder.layers) == len(encoded.layers)
    for name, reference in zip(encoder.layers, expected, strict=True):
        layer = encoded.layers[name]
        assert layer.dtype == torch.float32
        assert layer.dim() == 4
        if reference.dim() == 3:  # tokens, the class token first
            height, width = layer.shape[-2:]
            reference = reference[:, 1:].transpose(1, 2).reshape(len(layer), -1, height, width)
        torch.testing.assert_close(layer, reference, rtol=1e-4, atol=1e-4)


def test_text_embeddings_are_open_clips(folders: dict[str, Path], encoder: Encoder) -> None:
    model, _ = oracle(folders["resnet"])
    tokens = open_clip.get_tokenizer(f"local-dir:{folders['resnet']}")(["a cat", "two red dogs"])
    torch.testing.assert_close(encoder.encode_text(["a cat", "two red dogs"]), model.encode_text(tokens))
    assert encoder.encode_text(["a picture"]).shape == (1, 24)
    assert encoder.context == 20
    assert encoder.count_tokens("a cat") == 4  # begin, a, cat, end
    assert encoder.count_tokens("cat " * 60) == 62


def test_gradients_reach_the_pictures_and_nothing_else(encoder: Encoder) -> None:
    pictures = torch.rand(1, 3, 80, 80, requires_grad=True)
    encoded = encoder.encode_image(pictures, layers=["layer2"])
    (encoded.embedding.sum() + encoded.layers["layer2"].sum()).backward()
    assert pictures.grad is not None
    assert pictures.grad.abs().sum() > 0
    assert not any(parameter.requires_grad for parameter in encoder.parameters())


def test_stops_behind_the_last_layer_that_is_asked_for(encoder: Encoder) -> None:
    calls: list[str] = []
    visual = encoder.tower.visual
    handles = [
        module.register_forward_hook(lambda _m, _i, _o, name=name: calls.append(name))
        for name, module in {"layer2": visual.layer2, "layer3": visual.layer3, "attnpool": visual.attnpool}.items()
    ]
    encoded = encoder.encode_image(torch.rand(1, 3, 64, 64), layers=["layer2"])
    assert calls == ["layer2"]
    first, second = encoded.embedding, encoded.embedding
    assert first is second
    assert calls == ["layer2", "layer3", "attnpool"]
    for handle in handles:
        handle.remove()


def test_names_the_nearest_layer(encoder: Encoder) -> None:
    with pytest.raises(InputError, match=r"no layer 'layr2'; did you mean 'layer2'\?"):
        encoder.check_layers(["layr2"])


@pytest.mark.parametrize("kind", ["resnet", "vit", "timm-vit"])
def test_bfloat16_gradients_point_where_float32s_do(
    kind: str, folders: dict[str, Path], random_pictures: Callable[..., Tensor]
) -> None:
    assert gradient_cosine(f"local-dir:{folders[kind]}", random_pictures) > 0.98


@pytest.mark.parametrize("size", [64, 128])
def test_bfloat16_gradients_of_the_shipped_encoder(size: int) -> None:
    """The gradient of a sketch's loss, between two pictures of the world."""
    gradients = []
    for precision in ("float32", "bfloat16"):
        encoder = load_encoder("pocket", precision=precision, size=size)
        boat, cup = (fit(read_picture(ASSETS / name), (size, size)) for name in ("sailboat.png", "coffee.jpg"))
        target = encoder.encode_image(boat, ("layer2", "layer3"))
        seen = encoder.encode_image(cup.requires_grad_(), ("layer2", "layer3"))
        loss = 0.1 * (1 - torch.cosine_similarity(seen.embedding, target.embedding)).mean()
        for name, layer in seen.layers.items():
            loss = loss + (layer - target.layers[name]).square().mean()
        gradients.append(torch.autograd.grad(loss, cup)[0].flatten())
    assert float(torch.cosine_similarity(*gradients, dim=0)) > 0.98


def gradient_cosine(name: str, random_pictures: Callable[..., Tensor]) -> float:
    gradients = []
    for precision in ("float32", "bfloat16"):
        encoder = load_encoder(name, precision=precision)
        pictures = random_pictures(2, 3, *encoder.size).requires_grad_()
        encoded = encoder.encode_image(pictures, layers=[encoder.layers[-2]])
        cosine = torch.cosine_similarity(encoded.embedding, encoder.encode_text(["a red apple"]))
        loss = cosine.sum() + encoded.layers[encoder.layers[-2]].square().mean()
        gradients.append(torch.autograd.grad(loss, pictures)[0].flatten())
    return float(torch.cosine_similarity(*gradients, dim=0))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", ["vit", "timm-vit"])
def test_plain_matrix_products_are_the_transformer_itself(
    kind: str, precision: str, folders: dict[str, Path], random_pictures: Callable[..., Tensor]
) -> None:
    """open_clip's own tower in float32 against ours, values and gradients, in both precisions on every processor."""
    name = f"local-dir:{folders[kind]}"
    model = open_clip.create_model(name, require_pretrained=True).eval()
    encoder = load_encoder(name, precision=precision)  # type: ignore[arg-type]
    assert any(isinstance(module, PatchEmbedding) for module in encoder.tower.modules())
    pictures = random_pictures(2, 3, *encoder.size)
    found = []
    for tower in (model.visual, lambda x: encoder.encode_image(x).embedding):
        leaf = pictures.clone().requires_grad_()
        inputs = encoder.preprocess.normalise(leaf) if tower is model.visual else leaf
        embedding = tower(inputs)
        found.append((embedding.detach(), torch.autograd.grad(embedding.square().sum(), leaf)[0]))
    for theirs, ours in zip(*found, strict=True):
        if precision == "float32":
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4 * float(theirs.abs().max()))
        else:
            assert float(torch.cosine_similarity(ours.flatten(), theirs.flatten(), dim=0)) > 0.98


@pytest.mark.parametrize("fused", [True, False])
def test_attention_is_torchs_own(fused: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, 3, 7, 8, generator=generator) for _ in range(3))
    dtype = torch.float32 if fused else torch.bfloat16
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    found = attend(q.to(dtype), k.to(dtype), v.to(dtype)).float()
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6 if fused else 0.03)


def test_auto_takes_the_faster_precision_whose_gradients_are_right(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"local-dir:{folders['vit']}"
    device = torch.device("cpu")

    def load(precision: str) -> Encoder:
        return load_encoder(name, precision=precision)  # type: ignore[arg-type]

    monkeypatch.setattr("guidance.encoders.precision.has_bfloat16", lambda: True)
    with torch.no_grad():  # as evaluations are, which may be the first to ask
        assert faster_precision(load, device) in ("float32", "bfloat16")
    monkeypatch.setattr("guidance.encoders.precision.LEAST_COSINE", 1.1)
    assert faster_precision(load, device) == "float32"
    monkeypatch.setattr("guidance.encoders.precision.has_bfloat16", lambda: False)
    assert faster_precision(load, device) == "float32"


def test_a_run_keeps_its_precision(folders: dict[str, Path], tmp_path: Path) -> None:
    name = f"local-dir:{folders['resnet']}"
    for precision in ("bfloat16", "float32"):
        file = tmp_path / f"{precision}.json"
        file.write_text(json.dumps({f"precision of encoder {name} on cpu": precision}))
        with keeping_choices(file):
            assert load_encoder(name).dtype == getattr(torch, precision)
