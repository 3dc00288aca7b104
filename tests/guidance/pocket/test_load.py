from pathlib import Path

import pytest
import torch

from guidance.pocket import concepts, known_words, load, load_pocket
from guidance.pocket.load import FOLDER, NAMES, describe

TEXTS = ["a red apple", "a blue circle left of a green square", "xylography"]


@pytest.mark.parametrize("name", NAMES)
def test_loads_frozen_in_float32(name: str) -> None:
    model, tokenizer = load_pocket(name)
    assert not model.training
    assert all(p.dtype == torch.float32 and not p.requires_grad for p in model.parameters())
    size = model.visual.preprocess_cfg["size"]
    assert model.encode_image(torch.rand(2, 3, size, size)).shape == model.encode_text(tokenizer(TEXTS[:2])).shape


@pytest.mark.parametrize("name", NAMES)
def test_fits_the_repository(name: str) -> None:
    files = [FOLDER / f"{name}.safetensors", FOLDER / f"{name}.json"]
    assert sum(file.stat().st_size for file in files) <= 20e6


def test_known_words_and_concepts() -> None:
    words = known_words("pocket")
    assert {"red", "apple", "sailboat", "circle", "sketch", "above"} <= words
    assert "xylography" not in words
    assert {"frog", "sailboat", "circle", "letter a", "digit 7"} <= set(concepts())
    assert len(concepts()) == len(set(concepts()))


def test_words_never_trained_have_no_vector() -> None:
    model, tokenizer = load_pocket("pocket")
    rows = model.token_embedding.weight
    assert (rows[tokenizer.encode("apple")] != 0).any(1).all()
    assert (rows[tokenizer.encode("iphone")] == 0).all()


def test_a_model_without_weights_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(load, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="no weights yet"):
        load.describe.__wrapped__("pocket")


def test_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="pocket-judge"):
        describe("pocked")
