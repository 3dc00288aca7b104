"""Loaders: encoders and priors of other packages, by entry point or module, with their options."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from guidance import AugmentedEncoder, Prompt, TextContrast, load_encoder
from guidance.distillation import load_prior
from guidance.encoders import ENCODERS
from limn.errors import InputError
from limn.registry import _entry_points

MODULE = '''
from guidance.distillation import ExemplarPrior
from guidance.encoders.loading import encoder_of
from guidance.pocket import load_pocket

def load(device="cpu", precision="auto"):
    """A small world: cats."""
    return encoder_of(*load_pocket(), "cats", device, precision, None, frozenset({"cat", "dog"}), ("cat", "dog"))

def pictures(device, best, place="", side=8):
    prior = ExemplarPrior(encoder="", side=side, best=best, device=device)
    prior.name = f"pictures of {place}"
    return prior
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with an encoder and a prior."""
    (tmp_path / "parts_of_mine.py").write_text(MODULE)
    about = tmp_path / "parts_of_mine-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: parts-of-mine\nVersion: 1.0\n")
    points = "[limn]\nencoder.cats = parts_of_mine:load\nprior.pictures = parts_of_mine:pictures\n"
    (about / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path)
    _entry_points.cache_clear()
    yield
    _entry_points.cache_clear()


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("name", ["cats", "parts_of_mine:load"])
def test_an_encoder_brings_its_own_vocabulary_and_concepts(name: str) -> None:
    encoder = load_encoder(name)
    assert encoder is load_encoder(name)
    assert (encoder.name, encoder.vocabulary, encoder.concepts) == ("cats", {"cat", "dog"}, ("cat", "dog"))
    loss = TextContrast(AugmentedEncoder(encoder), Prompt.parse("cat"))
    assert loss.text.shape == (2, 128)  # "cat" is told from "dog"


@pytest.mark.usefixtures("package")
def test_entries_are_listed_with_their_summaries() -> None:
    assert {"cats", "pocket", "pocket-judge", "local-dir", "hf-hub", "open_clip"} <= set(ENCODERS.names())
    assert ENCODERS.summary("cats") == "A small world: cats."


@pytest.mark.usefixtures("package")
def test_a_prior_takes_its_place_and_its_options() -> None:
    prior = load_prior("pictures:frogs", best=2)
    assert (prior.name, prior.size) == ("pictures of frogs", (8, 8))
    assert load_prior("pictures", best=2, side=16).size == (16, 16)


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("pictures", {}, "prior 'pictures': 'best' is missing"),
        ("pictures", {"best": 2, "sied": 8}, "prior 'pictures': unknown key 'sied'; did you mean 'side'?"),
        ("pocket:frogs", {}, "prior 'pocket:frogs': expected 'pocket' alone; it takes nothing more"),
        (
            "exemplers:frogs",
            {},
            "prior 'exemplers:frogs' cannot be imported: No module named 'exemplers'; ",
        ),
        ("parts_of_mine:lod", {}, "prior 'parts_of_mine:lod' cannot be imported: "),
        ("picturs", {}, "unknown prior 'picturs'; did you mean 'pictures'?"),
    ],
)
def test_says_what_is_wrong(name: str, options: dict[str, int], message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_prior(name, **options)
    assert str(caught.value).startswith(message)


@pytest.mark.usefixtures("package")
def test_an_encoder_of_one_size_refuses_another() -> None:
    with pytest.raises(InputError, match="encoder 'cats': unknown key 'size'; it takes none"):
        load_encoder("cats", size=96)
