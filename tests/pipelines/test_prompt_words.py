"""Words of a config: who reads them, which of them nobody knows, and the prior that they choose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from limn.errors import InputError
from pipelines import read_config
from pipelines.cli.main import main
from pipelines.config.yaml import dump_yaml, parse_yaml

ROOT = Path(__file__).parents[2]
HUB = "(a diffusers pipeline)"
CLIP = "encoder=ViT-B-32/openai"
ABOVE = "a red square above a blue circle"


def config(name: str, **overrides: Any) -> Any:
    return read_config(ROOT / "configs" / f"{name}.yaml", overrides.items())


@pytest.mark.parametrize(
    ("name", "overrides", "said"),
    [
        ("draw", {}, f"prompt: prior exemplars knows no 'corgi'; take one that does: prior=org/name {HUB}"),
        ("imagine", {"prompt": "一只猫"}, f"knows no '一只猫'; take one that does: prior=org/name {HUB}; or unknown"),
        ("imagine", {"prompt": "a cat as Picasso would"}, "knows no 'as', 'picasso', 'would' (near: "),
        ("imagine", {"prompt": "a zebrra"}, "knows no 'zebrra' (near: 'zebra')"),
        (
            "draw",
            {"prompt": ABOVE, "prior": "exemplars"},
            "knows no 'above'; take one that does: prior=pocket, or prior",
        ),
        (
            "draw",
            {"by": "clip"},
            f"prompt: encoder pocket knows no 'corgi'; take one that does: {CLIP}; or unknown_words",
        ),
        (
            "draw",
            {"by": "both"},
            "prior exemplars and encoder pocket know no 'corgi'; take one that does: prior=org/name",
        ),
        ("edit", {}, "prompt: prior exemplars knows no 'corgi'"),
        ("edit", {"prompt": "a cat", "source_prompt": "a corgi"}, "source_prompt: prior exemplars knows no 'corgi'"),
        ("vectorfusion", {}, f"losses.words.prior=org/name sample.prior=org/name {HUB}"),
        ("word_as_image", {}, f"losses.words.prior=org/name {HUB}"),
        ("word_as_image", {"text": "LIMN", "prompt": ""}, "prompt: prior exemplars knows no 'limn'"),
        (
            "text_to_3d",
            {},
            f"prompt: prior exemplars:solids knows no 'corgi'; take one that does: prior=org/name {HUB}",
        ),
        (
            "text_to_3d",
            {"prompt": "a mug", "stages.fine.prompt": "a corgi"},
            "stages.fine: prompt: prior exemplars:sol",
        ),
        ("dream_fields", {}, f"encoder pocket knows no 'corgi'; take one that does: {CLIP}"),
        ("edit_3d", {}, "prompt: prior exemplars:solids knows no 'corgi'"),
        ("stylise_mesh", {}, f"losses.words.prior=org/name {HUB}, or {CLIP}"),
        (
            "sketch",
            {"losses.own": {"loss": "text_similarity", "prompt": "a corgi"}},
            "losses.own.prompt: encoder pocket",
        ),
    ],
)
def test_words_that_nobody_knows_are_refused(name: str, overrides: dict[str, Any], said: str) -> None:
    asked = overrides if name == "sketch" else {"prompt": "a corgi"} | overrides
    with pytest.raises(InputError) as refused:
        config(name, **asked)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    config(name, **asked, unknown_words="allow")


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("draw", {"prior": "org/name"}),
        ("draw", {"by": "clip", "encoder": "ViT-B-32/openai"}),
        ("draw", {"by": "both", "encoder": "ViT-B-32/openai"}),
        ("draw", {"prompt": "a red apple:1 | blurry:-0.3"}),
        ("text_to_3d", {"prompt": "a yellow mushroom with blue dots"}),
    ],
)
def test_words_that_somebody_may_know_are_not(name: str, overrides: dict[str, Any]) -> None:
    config(name, **{"prompt": "a corgi"} | overrides)


def test_nothing_is_written_for_unknown_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", "prompt=a corgi", f"output={tmp_path / 'out'}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("prompt", "prior"),
    [
        ("a red apple", "exemplars"),
        ("a purple cat", "exemplars"),
        ("a red apple with green leaves", "exemplars"),
        ("rolling on the floor laughing", "exemplars"),
        (ABOVE, "pocket"),
        ("a cat and a dog", "pocket"),
        ("a frog on a mushroom", "pocket"),
        ("a sailboat on an orange background", "pocket"),
        ("a vase", "pocket"),
        ("a red apple:1 | a cat left of a dog:0.5", "pocket"),
        ("a red apple:1 | a cat left of a dog:-0.5", "exemplars"),
    ],
)
def test_words_choose_the_prior(prompt: str, prior: str) -> None:
    chosen = config("imagine", prompt=prompt)
    assert chosen.prior == chosen.losses["prior"].prior == prior
    assert read_config(parse_yaml(dump_yaml(chosen))) == chosen
    (term,) = config("imagine", prompt=prompt, losses=[{"loss": "distillation"}]).losses.values()
    assert term.prior == prior


def test_the_choice_is_said_once_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="limn")
    found = config("vectorfusion", prompt=ABOVE)
    assert (found.sample.prior, found.sample.options) == ("pocket", {})
    assert (found.losses["words"].prior, found.losses["words"].prior_options) == ("pocket", None)
    assert [record.message for record in caplog.records] == [
        f"prior auto: pocket, as {ABOVE!r} is about two things, one above the other"
    ]
    plain = config("vectorfusion")
    assert (plain.sample.prior, plain.sample.options) == ("exemplars", {"side": 48})


def test_things_with_sides_are_made_from_solids() -> None:
    assert config("text_to_3d", prior="auto").losses["prior"].prior == "exemplars:solids"
