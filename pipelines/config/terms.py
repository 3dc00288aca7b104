"""Terms: the losses of a config. A loss's constructor is the schema of its section."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
    model_serializer,
)

from guidance import LOSSES
from guidance.channels import Channel
from guidance.loss import Loss
from limn.errors import InputError
from limn.messages import nested
from limn.schedule import Schedule, Scheduled, within
from limn.settings import Section, section_of
from limn.signature import arguments_of
from pipelines.config.given import Box, given_type, keys_of
from pipelines.config.paths import InputPath

Weight = Annotated[Scheduled, within(-1e6, 1e6)]
"""How much a loss counts; pictures flee from what has a weight below zero."""

LearningRate = Annotated[Scheduled, within(0, 1e3)]
"""The step size of an optimiser."""


class Term(Section):
    """One loss of an objective; the arguments of its constructor are further fields.

    Args:
        loss: a registered loss, or ``module:Name`` for a class of one's own.
        weight: its factor in the sum, a number or a schedule.
        channel: what of a model it looks at: its colours (``rgb``), its form in grey (``geometry``), ``depth``,
            ``normal`` or ``silhouette``.
        part: the part of a model that it looks at alone, one of the config's ``parts``.
        region: the part of the canvas that it looks at alone: a box in fractions of the canvas, or a mask, white
            where it looks.
    """

    overrides: ClassVar[frozenset[str]] = frozenset({"part", "region"})
    """Fields that leave everything as the config of the run has it where they are None."""

    loss: str
    weight: Weight = Schedule.model_validate(1.0)
    channel: Channel = Field("rgb", description="what of a model this loss alone looks at")
    part: str | None = Field(None, description="the part of a model that this loss alone looks at")
    region: Box | InputPath | None = Field(
        None, description="the part of the canvas that this loss alone looks at: [left, top, right, bottom], or a mask"
    )

    @model_serializer(mode="wrap")
    def _without_empty_overrides(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        given = {key: value for key, value in handler(self).items() if value is not None or key not in self.overrides}
        return {key: value for key, value in given.items() if (key, value) != ("channel", "rgb")}


def term_model(name: str) -> type[Term]:
    """The model of a term of the loss ``name``, made from its constructor's annotations.

    Raises:
        InputError: no such loss, or it is no class of losses.
    """
    loss = LOSSES.find(name)
    if not (isinstance(loss, type) and issubclass(loss, Loss)):
        raise InputError(f"loss {name!r} is not a class derived from guidance.Loss")
    return _model(name, loss)


@lru_cache(maxsize=256)
def _model(name: str, loss: type[Loss]) -> type[Term]:
    arguments = arguments_of(loss)
    own = {key: argument.field for key, argument in arguments.items() if given_type(argument) is None}
    fields: dict[str, Any] = {"loss": (Literal[name], name), **own, **keys_of(arguments)}
    model = section_of(loss, Term, fields)
    model.overrides = Term.overrides | keys_of(arguments).keys()
    return model


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
        counts: Counter[str] = Counter()
        for term in value:
            loss = term.get("loss") if isinstance(term, Mapping) else None
            name = stem = str(loss or "term").rpartition(":")[2]
            while name in named:
                counts[stem] += 1
                name = f"{stem}_{counts[stem] + 1}"
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
