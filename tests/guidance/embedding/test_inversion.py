"""From pictures to words and back: soft words, inversion, hard prompts, captions."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Encoder, load_encoder
from guidance.embedding.captions import caption
from guidance.embedding.hard_prompts import hard_prompt
from guidance.embedding.inversion import patches_of, word_of
from guidance.embedding.minimise import minimise
from guidance.embedding.soft_words import SoftPhrase
from limn.errors import InputError


@pytest.fixture
def encoder() -> Encoder:
    return load_encoder("pocket", precision="float32")


@pytest.fixture
def blue_circle(encoder: Encoder) -> Tensor:
    """The embedding of a drawn blue circle."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 64), indexing="ij")
    inside = (x.square() + y.square() < 0.6).float()
    picture = torch.stack([1 - inside, 1 - 0.7 * inside, torch.ones(64, 64)])[None]
    return encoder(picture).embedding[0].detach()


def draws() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_the_least_that_was_met_is_kept() -> None:
    found = minimise(torch.tensor([4.0]), lambda x: (x - 1).square().sum(), 200, 0.1)
    assert float(found) == pytest.approx(1.0, abs=0.05)
    overshot = minimise(torch.tensor([1.1]), lambda x: (x - 1).square().sum(), 2, 50.0)
    assert float(overshot) == pytest.approx(1.1)


def test_vectors_of_words_are_read_as_these_words(encoder: Encoder) -> None:
    phrase = SoftPhrase(encoder, "a photo of", 2)
    rows = phrase.table.weight[encoder.tokenizer(["red apple"])[0, 1:3]]
    assert torch.allclose(phrase.embed(rows), encoder.encode_text(["a photo of red apple"])[0], atol=1e-5)
    assert torch.allclose(encoder.encode_text(["a dog"]), encoder.encode_text(["a dog"]))
    with pytest.raises(InputError, match="40 words behind"):
        SoftPhrase(encoder, "a photo of", 40)


def test_a_word_comes_to_mean_a_picture(encoder: Encoder, blue_circle: Tensor) -> None:
    found = word_of(blue_circle, encoder, draws(), steps=60)
    assert float(F.cosine_similarity(found, blue_circle, dim=0)) > 0.8
    said = encoder.encode_text(["blue circle", "red square"])
    near, far = F.cosine_similarity(found[None], said, dim=1).tolist()
    assert near > far + 0.2
    assert torch.equal(found, word_of(blue_circle, encoder, draws(), steps=60))


def test_patches_come_to_mean_words(encoder: Encoder, blue_circle: Tensor) -> None:
    words = encoder.encode_text(["blue circle"])[0]
    short, longer = (patches_of(words, encoder, draws(), steps=steps) for steps in (1, 40))
    before, after = (float(F.cosine_similarity(one, words, dim=0)) for one in (short, longer))
    assert after > before + 0.1


def test_hard_prompts_find_the_words_of_a_target(encoder: Encoder) -> None:
    words = ["red", "blue", "green", "circle", "square", "dog", "apple", "car", "a", "with"]
    target = encoder.encode_text(["blue circle"])[0]
    found = hard_prompt(target, encoder, draws(), length=2, steps=60, words=[*words, "two words"])
    assert set(found.text.split()) == {"blue", "circle"}
    said = encoder.encode_text([found.text])[0]
    assert found.cosine == pytest.approx(float(F.cosine_similarity(said, target, dim=0)), abs=1e-4)
    with pytest.raises(InputError, match="needs words to choose from"):
        hard_prompt(target, encoder, draws(), words=["two words"])


def test_captions_name_what_is_drawn(encoder: Encoder, blue_circle: Tensor) -> None:
    found = caption(blue_circle, encoder, ["circle", "square", "dog"], ["red", "blue", "green"])
    assert set(found[0].text.split()) == {"blue", "circle"}
    assert [one.cosine for one in found] == sorted((one.cosine for one in found), reverse=True)
    (plain,) = {len(one.text.split()) for one in caption(blue_circle, encoder, ["circle", "square"])}
    assert plain == 1
    with pytest.raises(InputError, match="needs names"):
        caption(blue_circle, encoder, [])
