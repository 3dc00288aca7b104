from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from guidance import Encoder, Phrase, Prompt, load_encoder
from guidance.prompt import embed_in_each, embed_phrases
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
    ("text", "weight", "stop"),
    [
        ("a cat:1:0.6", 1.0, 0.6),
        ("a cat : 2 : .5", 2.0, 0.5),
        ("blurry:-1:0.9", -1.0, 0.9),
        ("blurry:-1:-0.9", -1.0, 0.9),  # as VQGAN-CLIP writes it
        ("a cat:1", 1.0, None),
    ],
)
def test_parses_stops(text: str, weight: float, stop: float | None) -> None:
    assert Prompt.parse(text).phrases == (Phrase(text.partition(":")[0].strip(), weight, stop),)


def test_a_file_has_a_phrase_a_line(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("# what to show\na red apple:2:0.5\n\n  a worm:-1 | mould:-0.5\n", encoding="utf-8")
    assert Prompt.read(file) == Prompt.parse("a red apple:2:0.5 | a worm:-1 | mould:-0.5")
    for content, message in ((b"#\n\n", "is empty"), (b"\xff\xfe\x00", "is no UTF-8 text")):
        file.write_bytes(content)
        with pytest.raises(InputError, match=message):
            Prompt.read(file)
    with pytest.raises(InputError, match=r"prompt file '.*no.txt': No such file"):
        Prompt.read(tmp_path / "no.txt")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a cat:1:-0.5", "'a cat' has the stop -0.5; expected a distance from 0 to 5"),
        ("a cat:1:50", "the stop 50"),
        ("a cat:-1:50", "the stop 50"),
    ],
)
def test_refuses_a_wrong_stop(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Prompt.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("|", "empty"),
        (":2", "without a phrase"),
        ("a:1e400", "the weight inf"),
        ("a cat:0 | a dog:0", "no weight but 0"),
        ("a cat::0.3", "expected text, text:weight or text:weight:stop"),
        ("a cat:1:0.3:0.1", "expected text, text:weight or text:weight:stop"),
    ],
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


def test_a_model_with_a_longer_context_reads_a_long_prompt_in_one(
    save_model: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    """As checkpoints of Long-CLIP have 248 tokens; open_clip reads the length from the model's own config."""
    encoder = load_encoder(f"local-dir:{save_model('vit', text={'context_length': 60})}", precision="float32")
    text = "a big red barn stands on a green hill. two brown horses graze beside an old wooden fence."
    assert encoder.context == 60
    assert 20 < encoder.count_tokens(text) < 60
    with caplog.at_level(logging.WARNING, logger="limn"):
        embedded = Prompt.parse(text).embed(encoder)
    torch.testing.assert_close(embedded, F.normalize(encoder.encode_text([text]), dim=-1))
    assert not caplog.text


def test_what_is_too_long_is_said_once_for_all_templates(encoder: Encoder, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="limn"):
        embed_in_each(["red " * 30], encoder, ["a photo of {}", "a drawing of {}"])
        embed_phrases(["red " * 30], encoder, ["a photo of {}", "a drawing of {}"])
    assert caplog.text.count("longer than the 20 tokens") == 2


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
        ("a. b. c. d. e. f. ", ["a.", "b.", "c.", "d.", "e.", "f."]),
        ("a, b, c, d e f g h", ["a, b, c,", "d e f g h"]),
        ("one two three four", ["one two", "three four"]),
        ("abcdefghijklmnopqrst", ["abcdefghij", "klmnopqrst"]),
        ("", [""]),
    ],
)
def test_splits_at_sentences_then_clauses_then_words(text: str, parts: list[str]) -> None:
    assert split(text, lambda part: len(part) <= 11) == parts
