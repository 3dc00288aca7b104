"""Every number that a config can set has a range, wherever it is declared."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

from guidance import LOSSES
from limn.cameras import CAMERAS
from limn.components import OneOf
from limn.errors import InputError
from limn.schedule import Schedule
from limn.settings import checked, settings_model
from limn.signature import arms_of, is_model
from pipelines.cli.listing import REGISTRIES
from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.terms import term_model
from pipelines.evaluate.recognition import recognise_result

GIVEN = {"canvas", "context", "mesh", "candidates", "generator"}
"""Arguments of constructors that no config sets."""


def models() -> Iterator[tuple[str, type[BaseModel]]]:
    """What configs set, by name."""
    for recipe in RECIPES.names():
        yield recipe, config_of(RECIPES.find(recipe))
    for loss in LOSSES.names():
        yield loss, term_model(loss)
    for title, place in REGISTRIES.items():
        if title in ("recipes", "losses", "report sections"):
            continue
        module, _, name = place.partition(":")
        registry = getattr(importlib.import_module(module), name)
        for entry in registry.names():
            yield f"{title} {entry}", settings_model(registry.find(entry), frozenset(GIVEN))
    yield "evaluate", settings_model(recognise_result, frozenset({"path"}))


def numbers(name: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel], str, Any]]:
    """The fields of a model and of its sections that hold numbers, each with a way to put one there."""
    for key, field in model.model_fields.items():
        for kind in arms_of(field.annotation):
            if kind in (int, float) or kind is Schedule:
                yield f"{name} {key}", model, key, lambda value: value
            elif is_model(kind) and kind is not Schedule:
                yield from numbers(f"{name}.{key}", kind)
            elif get_origin(kind) in (tuple, list, dict):
                inner = [arm for part in get_args(kind) for arm in arms_of(part)]
                if is_model(inner[-1]) and inner[-1] is not Schedule:
                    yield from numbers(f"{name}.{key}", inner[-1])
                elif {int, float, Schedule} & set(inner):
                    yield f"{name} {key}", model, key, _placing(kind, field.default)


def _placing(kind: Any, default: Any) -> Any:
    if get_origin(kind) is dict:
        return lambda value: {"a": value}
    length = len(default) if isinstance(default, tuple | list) else len(get_args(kind))
    return lambda value: [value] * length


FIELDS = [field for name, model in models() for field in numbers(name, model)]

BAD = [math.nan, math.inf, -math.inf, 1e300, -1e300, 10**18, -(10**18), True, False, "3"]


@pytest.mark.parametrize(("model", "key", "put"), [field[1:] for field in FIELDS], ids=[field[0] for field in FIELDS])
def test_a_number_has_a_range(model: type[BaseModel], key: str, put: Any) -> None:
    alias = model.model_fields[key].alias or key
    for bad in BAD:
        if key == "seed" and bad == 10**18:  # any that fits 64 bits
            continue
        with pytest.raises(ValidationError) as caught:
            model.model_validate({alias: put(bad)})
        assert [error for error in caught.value.errors() if error["loc"][:1] == (alias,)], bad


def test_the_table_has_what_it_should() -> None:
    names = {field[0] for field in FIELDS}
    assert {
        "sketch width",
        "sketch.video fps",
        "sketch learning_rates",
        "pixels weight",
        "tone width",
        "distillation t_min",
        "distillation samples",
        "cameras dreamfusion distance",
        "priors exemplars side",
        "augmentations crop scale",
        "parameterisations style_field sigma",
        "score distillation variants ism stride",
        "evaluate views",
    } <= names
    assert len(names) > 250


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"dreamfusion": {"distance": []}}, "dreamfusion: distance: expected 2 values, got []"),
        ({"dreamfusion": {"distance": [1]}}, "dreamfusion: distance: expected 2 values, got [1]"),
        ({"dreamfusion": {"distance": [1, 2, 3]}}, "dreamfusion: distance: expected at most 2 values, got [1, 2, 3]"),
        (
            {"dreamfusion": {"distance": [2, 1]}},
            "dreamfusion: distance: expected the least and the greatest, got [2.0, 1.0]",
        ),
        ({"fixed": {"azimuths": [math.nan]}}, "fixed: azimuths.0: expected a finite number, got nan"),
        ({"turntable": {"count": 10**6}}, "turntable: count: expected less than or equal to 256, got 1000000"),
        ({"turntable": {"count": True}}, "turntable: count: expected an integer, got True"),
        (3, "expected a name, or one with its settings as {name: {...}}, got 3"),
    ],
)
def test_what_is_said_of_components(value: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        OneOf(CAMERAS).read(value)
    assert str(caught.value) == message


def test_python_is_checked_as_configs_are() -> None:
    def draw(width: float = 1.0, closed: bool = False, points: tuple[float, ...] = ()) -> None:
        """Draws."""

    assert checked(draw, {"width": 2, "points": [1, 2]}, "draw") == {"width": 2.0, "points": (1.0, 2.0)}
    for settings, message in [
        ({"width": math.nan}, "draw: width: expected a finite number, got nan"),
        ({"width": "2"}, "draw: width: expected a number, got '2'"),
        ({"closed": 1}, "draw: closed: expected a boolean, got 1"),
        ({"points": [True]}, "draw: points.0: expected a number, got True"),
        ({"widht": 1}, "draw: unknown key 'widht'; did you mean 'width'?"),
    ]:
        with pytest.raises(InputError) as caught:
            checked(draw, settings, "draw")
        assert str(caught.value) == message
