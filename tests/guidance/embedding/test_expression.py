"""Expressions: sums of words and pictures as targets, and what is said of those that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from guidance import Encoder, load_encoder
from guidance.embedding.expression import Expression
from guidance.embedding.interpolation import slerp, union
from guidance.embedding.statistics import Statistics, fingerprint, statistics_of
from guidance.embedding.subspaces import basis_of, without
from guidance.prompt import embed_phrases
from limn.errors import InputError
from limn.pictures import decode_picture, to_tensor

STYLES = Path(__file__).parents[3] / "configs/assets/styles"


@pytest.fixture
def encoder() -> Encoder:
    return load_encoder("pocket", precision="float32")


def _words(encoder: Encoder, *texts: str) -> torch.Tensor:
    return embed_phrases(texts, encoder)


@pytest.mark.parametrize("space", ["sphere", "centred", "bridged", "raw"])
def test_sums_are_sums_of_embeddings(encoder: Encoder, space: str) -> None:
    found = Expression('2 * "a red apple" - "an apple" / 2').embed(encoder, space=space)  # type: ignore[arg-type]
    first, second = _words(encoder, "a red apple", "an apple")
    if space in ("centred", "bridged"):
        words = statistics_of(encoder).words.mean
        first, second = (F.normalize(one - words, dim=0) for one in (first, second))
    if space == "bridged":
        rotation = statistics_of(encoder).rotation
        first, second = rotation @ first, rotation @ second
    if space == "raw":
        first, second = encoder.encode_text(["a red apple", "an apple"])
        assert torch.allclose(found, 2 * first - second / 2, atol=1e-5)
    else:
        assert torch.allclose(found, F.normalize(2 * first - second / 2, dim=0), atol=1e-5)


def test_functions_are_the_operators(encoder: Encoder) -> None:
    a, b, c = _words(encoder, "a cat", "a dog", "a frog")
    for text, expected in {
        'slerp("a cat", "a dog", 0.25)': slerp(a, b, 0.25),
        'difference("a cat", "a dog")': a - b,
        '-difference("a cat", +"a dog")': b - a,
        'mean("a cat", "a dog", "a frog")': a + b + c,
        'union("a cat", "a dog", "a frog")': union(torch.stack([a, b, c])),
        'without("a cat", "a dog", "a frog")': without(a, basis_of(torch.stack([b, c]))),
    }.items():
        assert torch.allclose(Expression(text).embed(encoder), F.normalize(expected, dim=0), atol=1e-5), text


def test_files_are_seen_and_their_style_is_what_all_pictures_have_not(encoder: Encoder) -> None:
    files = sorted(STYLES.glob("*.webp"))
    seen = torch.cat([encoder.encode_image(to_tensor(decode_picture(f, ""))).embedding for f in files])
    rows = F.normalize(seen, dim=-1)
    mean = rows.mean(dim=0)
    pictures = Expression(f'pictures("{STYLES}/*.webp")').embed(encoder)
    assert torch.allclose(pictures, F.normalize(mean, dim=0), atol=1e-5)
    style = Expression(f'style("{STYLES}/*.webp")').embed(encoder)
    assert torch.allclose(style, F.normalize(mean - statistics_of(encoder).pictures.mean, dim=0), atol=1e-5)
    one = Expression(f'picture("{files[0]}")')
    assert one.files == [str(files[0])]
    assert one.with_files(lambda name: name + "x").files == [f"{files[0]}x"]
    with pytest.raises(InputError, match="no pictures at"):
        Expression('pictures("nowhere/*.png")').embed(encoder)


def test_what_it_reads() -> None:
    expression = Expression('"a cat" - slerp("a dog", picture("dog.png"), 0.5) + style("*.png")')
    assert sorted(expression.files) == ["*.png", "dog.png"]
    assert sorted(expression.phrases) == ["a cat", "a dog"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a cat", "is no expression"),
        ("cat", "'cat' stands without quotes"),
        ('"a cat" -', "is no expression"),
        ('"a cat" * "a dog"', "expected a number times words"),
        ('2 / "a cat"', "expected a number times words"),
        ('"a cat" / 0', "divides by zero"),
        ('"a cat" ** 2', "expected words in quotes, sums and functions"),
        ('"a cat" + 2', "expected words in quotes"),
        ('""', "quotes without words"),
        ('slurp("a", "b", 0.5)', "did you mean 'slerp'"),
        ('slerp("a", "b")', "slerp takes 2 embeddings and a number"),
        ('union("a")', "union takes 2 or more embeddings"),
        ('picture("a.png", "b.png")', "picture takes the name or pattern of files"),
        ('__import__("os").system("true")', "no function"),
        ("-" * 60 + '"a"', "more than 50 brackets"),
        ("(" * 500 + '"a"' + ")" * 500, "is no expression"),
    ],
)
def test_what_is_no_expression_is_one_line(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        Expression(text)
    assert "\n" not in str(caught.value)


def test_a_sum_that_is_nothing(encoder: Encoder) -> None:
    with pytest.raises(InputError, match="is nothing: its parts cancel"):
        Expression('"a cat" - "a cat"').embed(encoder)


def test_statistics_belong_to_weights_of_any_precision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exact, rough = (load_encoder("pocket", precision=precision) for precision in ("float32", "bfloat16"))
    assert fingerprint(exact) == fingerprint(rough)
    assert statistics_of(rough).pictures.mean.shape == (128,)
    pictures = torch.randint(0, 256, (6, 3, 40, 40), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    made = Statistics.of(exact, pictures, ["a cat", "a dog", "a frog", "a car", "an apple", "a red circle"])
    file = made.save(tmp_path, exact)
    for name, tensor in vars(Statistics.load(file).pictures).items():
        assert torch.equal(tensor, getattr(made.pictures, name))
    monkeypatch.setattr("guidance.embedding.statistics.FOLDERS", [tmp_path])
    assert torch.equal(statistics_of(rough).rotation, made.rotation)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(InputError, match="no statistics of an encoder, or damaged"):
        statistics_of(exact)
    file.unlink()
    with pytest.raises(InputError, match=r"python run\.py statistics FOLDER encoder=pocket"):
        statistics_of(exact)
