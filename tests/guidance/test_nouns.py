"""What a text names, and which words are known."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from guidance.vocabulary import Vocabulary, vocabulary_of_encoder, vocabulary_of_prior
from guidance.words import Thing, stem, things_of


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("a red apple with green leaves", [(("red",), "apple"), (("green",), "leaves")]),
        ("a red and white striped flag", [(("red", "white"), "striped flag")]),
        ("a red, white and blue flag", [(("red", "white", "blue"), "flag")]),
        ("a red and a blue circle", [(("red", "blue"), "circle")]),
        ("an apple that is gray", [(("grey",), "apple")]),
        ("an orange", [((), "orange")]),
        ("an orange on a red plate", [((), "orange"), (("red",), "plate")]),
        ("two big red apples, a pear", [(("red",), "two big apples"), ((), "pear")]),
        ("red apples green leaves", [(("red",), "apples"), (("green",), "leaves")]),
        ("the letter a", [((), "letter a")]),
        ("一只猫", [((), "一只猫")]),
        ("of the", []),
    ],
)
def test_colours_stand_with_their_nouns(text: str, things: list[tuple[tuple[str, ...], str]]) -> None:
    assert list(things_of(text)) == [Thing(colours, tuple(words.split())) for colours, words in things]


PLURALS = "leaf leaves, wolf wolves, glove gloves, berry berries, cookie cookies, box boxes, dish dishes, mouse mice"


@pytest.mark.parametrize("pair", PLURALS.split(", "))
def test_a_word_and_its_plural_have_one_stem(pair: str) -> None:
    one, many = pair.split()
    assert stem(one) == stem(many)


@pytest.mark.parametrize(
    ("prior", "text", "unknown"),
    [
        ("exemplars", "a red apple with green leaves", []),
        ("exemplars", "a corgi", ["corgi"]),
        ("exemplars", "a cat as Picasso would", ["as", "picasso", "would"]),
        ("exemplars", "一只猫", ["一只猫"]),
        ("exemplars", "?!", ["?!"]),
        ("pocket", "a red square above a blue circle", []),
        ("pocket", "a star-struck face", []),
        ("pocket", "wolves", ["wolves"]),
    ],
)
def test_what_the_shipped_priors_know(prior: str, text: str, unknown: list[str]) -> None:
    vocabulary = vocabulary_of_prior(prior)
    assert vocabulary is not None
    assert vocabulary.unknown(text) == unknown


def test_what_others_know_is_in_their_captions_or_not_known(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "small-corgi.png")
    vocabulary = vocabulary_of_prior(f"exemplars:{tmp_path}")
    assert vocabulary is not None
    assert vocabulary.unknown("a blue corgi on a hill") == ["hill"]
    assert vocabulary.nearest("korgi") == "corgi"
    assert vocabulary_of_prior("org/name") is vocabulary_of_prior("local-dir:place") is None
    assert vocabulary_of_encoder("ViT-B-32/openai") is None
    judge = vocabulary_of_encoder("pocket-judge")
    assert isinstance(judge, Vocabulary)
    assert judge.unknown("a corgi") == ["corgi"]
