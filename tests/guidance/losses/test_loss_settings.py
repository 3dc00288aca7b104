"""A wrong setting of any loss is one clear line that names it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from guidance import LOSSES
from limn.messages import fold
from limn.signature import arguments_of
from pipelines.config.given import given_type
from pipelines.config.terms import Term, term_model

WRONG: list[Any] = [{"no": {"such": "thing"}}, [[[]]], "\x00", math.nan, -1e30, True, [1, "a", None], {}, []]
"""No argument takes all of these."""

NEEDED: dict[str, Any] = {
    "layers": {"layer1": 1.0},
    "start": "a cat",
    "concepts": ["a cat"],
    "regions": [{"region": [0, 0, 1, 1], "prompt": "a cat"}],
    "sources": [__file__],
    "examples": [__file__],
    "others": ["a dog", "a car"],
    "captions": ["a dog", "a car"],
    "sound": __file__,
    "toward": '"a cat"',
    "good": '"a cat"',
    "bad": '"a dog"',
}
"""Right values of what some losses must be told."""

SETTINGS = [
    (name, key)
    for name in LOSSES.names()
    for key in (*arguments_of(LOSSES.find(name)), *(key for key in Term.model_fields if key != "loss"))
    if key in term_model(name).model_fields
]


def refusal(name: str, settings: dict[str, Any]) -> str:
    """What is said of the settings of a term; nothing where they are taken."""
    model = term_model(name)
    needed = {key: NEEDED[key] for key, field in model.model_fields.items() if field.is_required() and key != "loss"}
    data = {"loss": name, **needed, **settings}
    try:
        model.model_validate(data)
    except ValidationError as error:
        return fold(error, model, data)
    return ""


@pytest.mark.parametrize(("name", "key"), SETTINGS, ids=[" ".join(setting) for setting in SETTINGS])
def test_a_wrong_value_is_one_line_that_names_the_setting(name: str, key: str) -> None:
    assert not refusal(name, {})
    lines = {line for value in WRONG if (line := refusal(name, {key: value}))}
    assert lines
    for line in lines:
        assert line.startswith(key)
        assert line.splitlines() == [line]
        assert len(line) < 300


@pytest.mark.parametrize("name", LOSSES.names())
def test_an_unknown_setting_is_named_with_the_nearest(name: str) -> None:
    known = next((key for key, a in arguments_of(LOSSES.find(name)).items() if given_type(a) is None), "weight")
    typo = f"{known}_"
    assert f"unknown key {typo!r}; did you mean {known!r}?" in refusal(name, {typo: 1})
