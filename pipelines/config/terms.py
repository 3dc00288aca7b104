"""Terms: the losses of a config. A loss's constructor is the schema of its section."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
    create_model,
    model_serializer,
)

from guidance import LOSSES
from guidance.augment import Augmentations
from guidance.channels import Channel
from guidance.loss import Loss
from limn.errors import InputError
from limn.schedule import Schedule
from pipelines.config.messages import nested
from pipelines.config.paths import InputPath


def _is_number_or_mapping(value: Any) -> Any:
    if isinstance(value, Mapping | Schedule) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise ValueError(f"expected a number or a schedule such as {{from: 1, to: 0.1}}, got {value!r}")


def _is_augmentation(value: list[Any]) -> list[Any]:
    Augmentations(value)
    return value


Augment = Annotated[list[str | dict[str, JsonValue]], AfterValidator(_is_augmentation)]
"""Random changes in their order: ``[perspective, {crop: [0.8, 0.8]}]``."""

Scheduled = Annotated[
    Schedule,
    BeforeValidator(_is_number_or_mapping, json_schema_input_type=float | Schedule),
    PlainSerializer(lambda s: s.first if s.first == s.last else s.model_dump(by_alias=True), return_type=Any),
]
"""A number, or a number that changes over the run."""


class Term(BaseModel):
    """One loss of an objective; the arguments of its constructor are further fields.

    Args:
        loss: a registered loss, or ``module:Name`` for a class of one's own.
        weight: its factor in the sum, a number or a schedule.
        channel: what of a model it looks at: its colours (``rgb``), its form in grey (``geometry``), ``depth``,
            ``normal`` or ``silhouette``.
        part: the part of a model that it looks at alone, one of the config's ``parts``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), arbitrary_types_allowed=True)

    loss: str
    weight: Scheduled = Schedule.model_validate(1.0)
    channel: Channel = Field("rgb", description="what of a model this loss alone looks at")
    part: str | None = Field(None, description="the part of a model that this loss alone looks at")

    @model_serializer(mode="wrap")
    def _without_empty_overrides(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        overrides = {key for keys in GIVEN.values() for key in keys} | {"part"}
        given = {key: value for key, value in handler(self).items() if value is not None or key not in overrides}
        return {key: value for key, value in given.items() if (key, value) != ("channel", "rgb")}


GIVEN: dict[str, dict[str, Any]] = {
    "view": {
        "encoder": (str | None, Field(None, description="encoder of this loss alone")),
        "augment": (Augment | None, Field(None, description="augmentation of this loss alone")),
        "num_augs": (int | None, Field(None, ge=0, le=64, description="augmented views of this loss alone")),
        "include_clean": (bool | None, Field(None, description="whether this loss looks without augmentation, too")),
    },
    "target": {"target": (InputPath | None, Field(None, description="picture that this loss alone looks at"))},
    "reference": {},
    "device": {},
    "precision": {},
    "prompt": {"prompt": (str | None, Field(None, description="words that this loss alone looks for"))},
}
"""Constructor parameters that the recipe gives, and the keys by which a term overrides each."""


def parameters_of(loss: Callable[..., Loss]) -> dict[str, inspect.Parameter]:
    """The named parameters of a loss's constructor."""
    parameters = inspect.signature(loss).parameters
    return {n: p for n, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


@cache
def term_model(name: str) -> type[Term]:
    """The model of a term of the loss ``name``, made from its constructor's annotations.

    Raises:
        InputError: no such loss, or it is no class of losses.
    """
    loss = LOSSES.find(name)
    if not (isinstance(loss, type) and issubclass(loss, Loss)):
        raise InputError(f"loss {name!r} is not a class derived from guidance.Loss")
    hints = get_type_hints(loss.__init__, include_extras=True)
    notes = argument_notes(inspect.getdoc(loss) or "")
    fields: dict[str, Any] = {"loss": (Literal[name], name)}
    for key, parameter in parameters_of(loss).items():
        if key in GIVEN:
            fields |= GIVEN[key]
            continue
        default = ... if parameter.default is parameter.empty else parameter.default
        plain = isinstance(default, NoneType | bool | int | float | str | list | tuple | dict)
        settings: dict[str, Any] = {"description": notes.get(key), "exclude": default is not ... and not plain}
        fields[key] = (hints.get(key, Any), Field(default, **settings))
    summary = (inspect.getdoc(loss) or "").partition("\n")[0]
    return create_model(loss.__name__, __base__=Term, __doc__=summary, **fields)


def argument_notes(doc: str) -> dict[str, str]:
    """What the ``Args:`` section of a docstring says of each argument."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)*)", doc, re.MULTILINE)
    lines = re.findall(r"^    (\w+): (.*(?:\n {6,}.*)*)", section[1] if section else "", re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in lines}


def _read(value: Any, handler: Any, info: ValidationInfo) -> Term:
    if isinstance(value, Term):
        return value
    if not isinstance(value, Mapping) or not isinstance(value.get("loss"), str):
        raise ValueError("expected a mapping with the key 'loss'")
    model = term_model(value["loss"])
    try:
        return model.model_validate(value, context=info.context)
    except ValidationError as error:
        raise nested(error, model, value) from None


def _name_terms(value: Any) -> Any:
    """A list of terms becomes a mapping; a term of a mapping without ``loss`` is the loss of its name."""
    if isinstance(value, list):
        named: dict[str, Any] = {}
        for term in value:
            loss = term.get("loss") if isinstance(term, Mapping) else None
            name = stem = str(loss or "term").rpartition(":")[2]
            number = 2
            while name in named:
                name, number = f"{stem}_{number}", number + 1
            named[name] = term
        return named
    if isinstance(value, Mapping):
        return {k: {"loss": k, **t} if isinstance(t, Mapping) and "loss" not in t else t for k, t in value.items()}
    return value


PLACEHOLDER = {"$comment": "Term"}
"""Stands in the schema of a config for what `schema` knows of all losses."""

AnyTerm = Annotated[SerializeAsAny[Term], WrapValidator(_read), WithJsonSchema(PLACEHOLDER)]
Losses = Annotated[
    dict[str, AnyTerm],
    BeforeValidator(_name_terms, json_schema_input_type=dict[str, AnyTerm] | list[AnyTerm]),
]
"""The losses of a config by name; a list is taken too."""
