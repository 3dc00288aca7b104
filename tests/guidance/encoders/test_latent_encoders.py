"""Encoders that read latents in place of pictures."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import limn.cache
from guidance import AugmentedEncoder, Encoder, Prompt, Step, load_encoder
from guidance.losses import ImageSimilarity, TextSimilarity
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames

Save = Callable[..., Path]


@pytest.fixture
def reader(save_model: Save) -> Encoder:
    """A tiny ViT over four channels, as a folder of open_clip."""
    folder = save_model("vit")
    file = folder / "open_clip_model.safetensors"
    state = load_file(file)
    first = state["visual.conv1.weight"]
    state["visual.conv1.weight"] = torch.cat([first, 2 * first[:, :1]], dim=1)
    save_file(state, file)
    return load_encoder(f"local-dir:{folder}", precision="float32")


def frames(latents: bool = True, channels: int = 4) -> Frames:
    draws = torch.Generator().manual_seed(0)
    rgb, own = torch.rand(2, 1, 3, 16, 16, generator=draws), torch.randn(2, 1, channels, 48, 48, generator=draws)
    return Frames(rgb, rgb[:, :, :1], latents=own.requires_grad_() if latents else None)


def test_latents_are_read_without_a_decoder(reader: Encoder) -> None:
    """Those of the model's size go to the tower as they are; the loss moves latents and leaves the preview alone."""
    scene = frames()
    assert scene.latents is not None
    view = AugmentedEncoder(reader, num_augs=0)
    wanted = reader.model.visual(scene.latents[:, 0])
    torch.testing.assert_close(view(scene, Step(0, 2)).embedding[:, 0], wanted, rtol=1e-4, atol=1e-5)
    scene.rgb.requires_grad_()
    TextSimilarity(view, Prompt.parse("a red apple"))(scene, Step(0, 2)).sum().backward()
    assert scene.latents.grad is not None
    assert scene.latents.grad.flatten(1).any(dim=1).all()
    assert scene.rgb.grad is None


def test_loading_leaves_logging_alone(reader: Encoder) -> None:
    """open_clip speaks to the root logger, which would then print all that Limn says a second time."""
    before, root = logging.getLogger().handlers[:], logging.getLogger()
    for handler in before:
        root.removeHandler(handler)
    try:
        limn.cache.clear()
        load_encoder(reader.name, precision="float32")
        assert not root.handlers
    finally:
        for handler in before:
            root.addHandler(handler)


def test_it_normalises_as_its_config_says(reader: Encoder) -> None:
    folder = Path(reader.name.removeprefix("local-dir:"))
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["preprocess_cfg"] = {"mean": [1.0, 2.0, 3.0, 4.0], "std": [1.0, 1.0, 1.0, 2.0]}
    again = folder.with_name("normalised")
    again.mkdir()
    (again / "open_clip_config.json").write_text(json.dumps(config))
    (again / "open_clip_model.safetensors").write_bytes((folder / "open_clip_model.safetensors").read_bytes())
    other, latents = load_encoder(f"local-dir:{again}", precision="float32"), frames().latents
    assert latents is not None
    shifted = (latents[:, 0] - torch.tensor([1.0, 2, 3, 4]).view(4, 1, 1)) / torch.tensor([1.0, 1, 1, 2]).view(4, 1, 1)
    torch.testing.assert_close(other(latents[:, 0]).embedding, reader(shifted).embedding)


def test_what_has_no_latents_is_one_line(reader: Encoder, save_model: Save) -> None:
    view, step = AugmentedEncoder(reader, num_augs=0), Step(0, 2)
    with pytest.raises(InputError, match="reads latents of 4 channels; this scene has pictures"):
        view(frames(latents=False), step)
    with pytest.raises(InputError, match="this scene has latents of 16 channels"):
        view(frames(channels=16), step)
    with pytest.raises(InputError, match="reads latents, which augmentations spoil; expected num_augs: 0"):
        AugmentedEncoder(reader, num_augs=2)
    with pytest.raises(InputError, match="reads latents, and a picture has none; expected words"):
        ImageSimilarity(view, Target(torch.rand(1, 3, 16, 16)))(frames(), step)
    folder = save_model("vit")
    save_file({"visual.conv1.weight": torch.zeros(48, 4, 16, 16)}, folder / "open_clip_model.safetensors")
    with pytest.raises(InputError, match="do not belong together") as caught:
        load_encoder(f"local-dir:{folder}", precision="float32")
    assert "\n" not in str(caught.value)
