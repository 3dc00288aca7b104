"""Encoders at another size than their own."""

from pathlib import Path

import open_clip
import pytest
import torch

from guidance import load_encoder
from limn.errors import InputError


def test_transformer_equals_open_clips_forced_size(folders: dict[str, Path]) -> None:
    name = f"local-dir:{folders['vit']}"
    own = load_encoder(name).size[0]
    oracle = open_clip.create_model(name, force_image_size=2 * own).eval()
    encoder = load_encoder(name, precision="float32", size=2 * own)
    pictures = torch.rand(2, 3, 2 * own, 2 * own, generator=torch.Generator().manual_seed(0))
    expected = oracle.encode_image(encoder.preprocess.normalise(pictures))
    assert encoder.size == (2 * own, 2 * own)
    assert torch.allclose(encoder.encode_image(pictures).embedding, expected, atol=1e-4)


def test_resnet_has_larger_layers_and_nearly_the_same_embedding() -> None:
    small, large = (load_encoder("pocket", precision="float32", size=size) for size in (None, 96))
    yellow = torch.ones(1, 3, 96, 96)
    yellow[:, 2, 24:72, 24:72] = 0
    near, far = (encoder.encode_image(yellow, ("layer2",)) for encoder in (small, large))
    assert far.layers["layer2"].shape[-1] == 12
    assert torch.cosine_similarity(near.embedding, far.embedding).item() > 0.5


def test_its_own_size_changes_nothing() -> None:
    pictures = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    size = load_encoder("pocket").size[0]
    own, same = (load_encoder("pocket", precision="float32", size=s).encode_image(pictures) for s in (None, size))
    assert torch.equal(own.embedding, same.embedding)


def test_sizes_that_do_not_fit_are_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="no multiple of 32; the nearest is 96"):
        load_encoder("pocket", size=100)
    with pytest.raises(InputError, match="pixels only"):
        load_encoder(f"local-dir:{folders['timm-vit']}", size=96)
