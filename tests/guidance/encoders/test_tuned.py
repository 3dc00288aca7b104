"""Checkpoints as robust CLIPs are published: a tower, a wrapped model, a CLIP of transformers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import open_clip
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import CLIPConfig, CLIPModel

from guidance import load_encoder
from guidance.encoders.weights import put_weights, read_weights
from limn.errors import InputError

PHRASES = ["a red apple", "a dog on a chair"]


def changed(folder: Path) -> dict[str, Tensor]:
    """Weights that were trained on, of the model in a folder."""
    generator = torch.Generator().manual_seed(1)
    state = load_file(folder / "open_clip_model.safetensors")
    return {n: v + 0.05 * torch.randn(v.shape, generator=generator) if v.ndim > 1 else v for n, v in state.items()}


WAYS: dict[str, Callable[[dict[str, Tensor]], Any]] = {
    "tower.pt": lambda s: {n.removeprefix("visual."): v for n, v in s.items() if n.startswith("visual.")},  # FARE
    "half.pt": lambda s: {n.removeprefix("visual."): v.half() for n, v in s.items() if n.startswith("visual.")},
    "training.pt": lambda s: {"epoch": 2, "state_dict": {f"module.{n}": v for n, v in s.items()}},
    "wrapped.pth": lambda s: {f"clip_model.{n}": v for n, v in s.items()} | {"head.weight": torch.ones(3)},
    "part.safetensors": lambda s: {f"model.{n}": v for n, v in s.items() if n.startswith("visual.")},
}


@pytest.mark.parametrize("kind", ["vit", "timm-convnet"])
@pytest.mark.parametrize("file", WAYS)
def test_weights_from_a_file(file: str, kind: str, folders: dict[str, Path], tmp_path: Path) -> None:
    state = changed(folders[kind])
    wrapped = WAYS[file](state)
    save_file(wrapped, tmp_path / file) if file.endswith("safetensors") else torch.save(wrapped, tmp_path / file)
    model = open_clip.create_model(f"local-dir:{folders[kind]}")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    put_weights(model, read_weights(tmp_path / file))
    for name, value in model.state_dict().items():
        comes = name.startswith("visual.") or file in ("training.pt", "wrapped.pth")
        close = {"rtol": 1e-3, "atol": 1e-3} if file == "half.pt" else {"rtol": 0, "atol": 0}
        torch.testing.assert_close(value, state[name] if comes else before[name], **close)


def test_an_encoder_with_weights_from_a_file(
    folders: dict[str, Path], tmp_path: Path, random_pictures: Callable[..., Tensor]
) -> None:
    state, pictures = changed(folders["vit"]), random_pictures(2, 3, 48, 48, seed=1)
    torch.save(WAYS["tower.pt"](state), tmp_path / "w.pt")
    plain, made = (
        load_encoder(f"{place}local-dir:{folders['vit']}", precision="float32")
        for place in ("", f"tuned:{tmp_path / 'w.pt'}@")
    )
    torch.testing.assert_close(made.encode_text(PHRASES), plain.encode_text(PHRASES))
    assert not torch.allclose(made(pictures).embedding, plain(pictures).embedding, rtol=0.05)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"nothing of use", "expected weights, .safetensors or what torch.save writes"),
        ({"epoch": 3}, "has no weights"),
        ({"conv1.weight": torch.ones(2)}, "expected weights of the same image tower: there is no class_embedding"),
        ({"visual.proj": torch.ones(48, 7)}, "visual.proj is [48, 7], not [48, 24]"),
        (None, "No such file"),
    ],
)
def test_a_file_that_does_not_fit_is_one_clear_line(
    content: Any, line: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "weights.pt"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        torch.save(changed(folders["vit"]) | content if "visual.proj" in content else content, file)
    name = f"tuned:{file}@local-dir:{folders['vit']}"
    with pytest.raises(InputError) as caught:
        load_encoder(name)
    assert str(caught.value).startswith(f"encoder {name!r}: ")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("tuned:w.pt", "expected a file and an encoder, like tuned:fare_eps_2.pt@ViT-L-14/openai"),
        ("tuned:w.pt@ViT-B-33/openai", "w.pt: expected weights"),
    ],
)
def test_a_name_that_is_not_complete_is_one_clear_line(name: str, line: str) -> None:
    with pytest.raises(InputError) as caught:
        load_encoder(name)
    assert line in str(caught.value)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CLIPModel]:
    """A tiny CLIP as transformers writes it."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        text = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
        vision = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 3}
        vision |= {"patch_size": 8, "image_size": 32, "hidden_act": "gelu"}
        text |= {"max_position_embeddings": 16, "hidden_act": "gelu", "eos_token_id": 49407}
        config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=20)
        model = CLIPModel(config).eval()
    folder = tmp_path_factory.mktemp("published")
    model.save_pretrained(folder)
    given = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4], "size": {"shortest_edge": 32}}
    (folder / "preprocessor_config.json").write_text(json.dumps(given))
    return folder, model


def test_a_clip_of_transformers_sees_and_reads_as_there(
    published: tuple[Path, CLIPModel], random_pictures: Callable[..., Tensor]
) -> None:
    folder, model = published
    encoder = load_encoder(f"local-dir:{folder}", precision="float32")
    assert (encoder.size, encoder.context) == ((32, 32), 16)
    pictures = random_pictures(2, 3, 32, 32, seed=2)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in ([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]))
    with torch.no_grad():
        output = model(encoder.tokenizer(PHRASES), (pictures - mean) / std)
        seen, read = encoder.encode_image(pictures).embedding, encoder.encode_text(PHRASES)
    for ours, theirs in ((seen, output.image_embeds), (read, output.text_embeds)):
        torch.testing.assert_close(torch.nn.functional.normalize(ours, dim=-1), theirs, rtol=1e-4, atol=1e-5)
    assert encoder.logit_scale == pytest.approx(model.logit_scale.exp().item())


def test_a_clip_of_transformers_that_was_fetched_before(
    published: tuple[Path, CLIPModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "models--robust--clip"
    shutil.copytree(published[0], place / "snapshots" / "abc")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("guidance.encoders.hub._reachable", lambda endpoint: False)
    assert load_encoder("hf-hub:robust/clip", precision="float32").size == (32, 32)


@pytest.mark.parametrize("damage", ["heads", "layer", "act"])
def test_files_of_transformers_that_do_not_belong_together(
    damage: str, published: tuple[Path, CLIPModel], tmp_path: Path
) -> None:
    folder = shutil.copytree(published[0], tmp_path / "model")
    state = load_file(folder / "model.safetensors")
    if damage == "layer":
        state.pop("vision_model.encoder.layers.1.mlp.fc1.bias")
    config = json.loads((folder / "config.json").read_text())
    if damage == "act":
        config["text_config"]["hidden_act"] = "relu"
    if damage == "heads":
        config["vision_config"]["num_attention_heads"] = 5
    (folder / "config.json").write_text(json.dumps(config))
    save_file(state, folder / "model.safetensors")
    with pytest.raises(InputError, match=r"do not belong together|hidden_act: expected gelu") as caught:
        load_encoder(f"local-dir:{folder}")
    assert "\n" not in str(caught.value)
