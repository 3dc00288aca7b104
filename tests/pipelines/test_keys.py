"""The keys that the source tells are those that the config has, so that a quick answer is the same as a slow one."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance import LOSSES
from limn.errors import InputError
from limn.source import definition
from pipelines.cli.arguments import settings_of
from pipelines.config.keys import check_keys, fields_of, places_of, term_keys
from pipelines.config.reading import read_config
from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.shipped import shipped_pipelines
from pipelines.config.terms import term_model

TYPOS = [
    ("sketch", "stepps=3"),
    ("sketch", "looks=3"),
    ("sketch", "video.fbs=3"),
    ("sketch", "video={fbs: 3}"),
    ("sketch", "losses.lines.wdith=3"),
    ("sketch", "losses.near={loss: pixels, nois: 1}"),
    ("sketch", "losses.more={loss: layer_features, layers: {}, encodr: pocket}"),
    ("draw", "losses={x: {loss: distillation, guidance: 3}}"),
    ("imagine", "contrast=0.2"),
    ("imagine", "renderer={pixels: {contrats: 1}}"),
    ("vectorfusion", "sample.counts=3"),
    ("vectorfusion", "reinitialise={evry: 3}"),
    ("sketch", "learning_rates.points.till=2"),
    ("draw", "prune={zz: 1}"),
    ("draw", "prune=[{at: 0.1}, {kepe: 1}]"),
    ("stylise_mesh", "cameras.dreamfusion.distnace=3"),
    ("stylise_mesh", "parameters=[{style_field: {sigmaa: 1}}]"),
    ("stylise_mesh", "parts={cap: {grup: red}}"),
    ("stylise_mesh", "x" * 500 + "=1"),
]


@pytest.mark.parametrize(("name", "words"), TYPOS)
def test_a_typo_gets_the_same_answer_from_the_source(name: str, words: str) -> None:
    file = shipped_pipelines()[name]
    answers = []
    for check in (check_keys, read_config):
        with pytest.raises(InputError) as caught:
            check(file, settings_of([words]))
        answers.append(str(caught.value))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", shipped_pipelines())
def test_a_shipped_config_has_no_typo(name: str) -> None:
    check_keys(shipped_pipelines()[name], settings_of(["words", "losses.own={loss: mine:Own, any: 1}"]))


@pytest.mark.parametrize("recipe", RECIPES.names())
def test_keys_of_recipes(recipe: str) -> None:
    module, _, _ = places_of("pipelines.config.recipe", "RECIPES")[recipe].partition(":")
    model = config_of(RECIPES.find(recipe))
    found = definition(module, model.__name__)
    assert found is not None
    assert sorted(fields_of(found) or []) == sorted(model.model_fields)


@pytest.mark.parametrize("loss", LOSSES.names())
def test_keys_of_losses(loss: str) -> None:
    assert set(term_keys(loss) or []) == set(term_model(loss).model_fields)


def test_what_the_source_does_not_tell_is_left_to_the_reader_of_configs(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    for text in ("recipe: mine:own\nany: 1\n", "recipe: nope\nany: 1\n", "any: 1\n"):
        file.write_text(text)
        check_keys(file, [])
