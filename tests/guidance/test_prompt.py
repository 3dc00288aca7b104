from __future__ import annotations

import logging

import pytest
import torch
import torch.nn.functional as F

from guidance import Encoder, Phrase, Prompt, load_encoder
from guidance.split import split
from limn.errors import InputError


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("a red apple", [("a red apple", 1.0)]),
        ("a red apple:1 | blurry:-0.3", [("a red apple", 1.0), ("blurry", -0.3)]),
        ("  a cat : 2.5e-1 ", [("a cat", 0.25)]),
        ("a cat:.5|", [("a cat", 0.5)]),
        ("title: a cat", [("title: a cat", 1.0)]),
        ("a clock: half past:2", [("a clock: half past", 2.0)]),
        ("a cat:", [("a cat:", 1.0)]),
        ("a cat:+3", [("a cat", 3.0)]),
        ("Äpfel", [("Äpfel", 1.0)]),
    ],
)
def test_parses_phrases_and_weights(text: str, phrases: list[tuple[str, float]]) -> None:
    prompt = Prompt.parse(text)
    assert prompt.phrases == tuple(Phrase(*phrase) for phrase in phrases)
    assert prompt.weights.tolist() == pytest.approx([weight for _, weight in phrases])


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "empty"), ("  ", "empty"), ("|", "empty"), (":2", "without a phrase"), ("a:1e400", "the weight '1e400'")],
)
def test_refuses_a_prompt_without_words(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Prompt.parse(text)


def test_refuses_a_template_without_a_place_for_the_phrase() -> None:
    with pytest.raises(InputError, match=r"'a photo' has no \{\}"):
        Prompt.parse("a cat", ["a photo"])


def test_templates_are_averaged_after_normalising(encoder: Encoder) -> None:
    prompt = Prompt.parse("cat | dog", ["a photo of a {}", "a drawing of a {}"])
    rows = F.normalize(encoder.encode_text(["a photo of a dog", "a drawing of a dog"]), dim=-1)
    torch.testing.assert_close(prompt.embed(encoder)[1], F.normalize(rows.mean(dim=0), dim=-1))


def test_a_long_prompt_is_split_averaged_and_announced(encoder: Encoder, caplog: pytest.LogCaptureFixture) -> None:
    sentences = ["a big red barn stands on a green hill.", "two brown horses graze beside an old wooden fence."]
    with caplog.at_level(logging.WARNING, logger="limn"):
        embedded = Prompt.parse(" ".join(sentences)).embed(encoder)
    rows = F.normalize(encoder.encode_text(sentences), dim=-1)
    torch.testing.assert_close(embedded[0], F.normalize(rows.mean(dim=0), dim=-1))
    assert "longer than the 20 tokens" in caplog.text
    assert " | ".join(sentences) in caplog.text


def test_the_embedded_encoder_names_words_it_never_met(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="limn"):
        Prompt.parse("a red appel").embed(load_encoder("pocket"))
    assert "'appel'; the nearest it knows is 'apple'" in caplog.text
    assert caplog.text.count("never met") == 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("short", ["short"]),
        ("one two. three four.", ["one two.", "three four."]),
        ("a, b, c, d e f g h", ["a, b, c,", "d e f g h"]),
        ("one two three four", ["one two", "three four"]),
        ("abcdefghijklmnopqrst", ["abcdefghij", "klmnopqrst"]),
        ("", [""]),
    ],
)
def test_splits_at_sentences_then_clauses_then_words(text: str, parts: list[str]) -> None:
    assert split(text, lambda part: len(part) <= 11) == parts
