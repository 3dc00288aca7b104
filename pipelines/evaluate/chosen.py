"""Chosen: the measures of an evaluation, as settings name them, and how they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from limn.components import plain
from limn.errors import InputError, short
from limn.messages import fold
from limn.settings import Section, section_of
from limn.signature import arguments_of, arms_of
from pipelines.config.names import EncoderName
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.measure import MEASURES, Measure


@dataclass(frozen=True)
class Chosen:
    """A measure with settings.

    Args:
        label: what its numbers are called by.
        name: that it is registered by.
        maker: its class.
        settings: arguments of its constructor, checked; judges by the names of their encoders.
    """

    label: str
    name: str
    maker: type[Measure]
    settings: Mapping[str, Any]

    def judges(self, encoder: str) -> dict[str, str]:
        """The arguments that are judges, and their encoders; ``encoder`` where neither setting nor measure says it."""
        return {name: self.settings.get(name) or self.maker.encoder or encoder for name in judges_of(self.maker)}

    def described(self, encoder: str) -> dict[str, Any]:
        """The name of the measure, its settings and the encoders of its judges, as JSON has them."""
        settings = {key: str(value) if isinstance(value, Path) else value for key, value in self.settings.items()}
        return {"measure": self.name, **plain(settings), **self.judges(encoder)}

    def make(self, encoder: str, judge: Callable[[str], Judge], classes: Sequence[str]) -> Measure:
        """The measure.

        Args:
            encoder: of the evaluation.
            judge: gives the judge of a name.
            classes: names to choose from, for measures that choose and whose settings have none.

        Raises:
            InputError: the constructor refuses its settings.
        """
        given: dict[str, Any] = {name: judge(each) for name, each in self.judges(encoder).items()}
        chooses = arguments_of(self.maker).get("classes")
        if chooses is not None and not self.settings.get("classes"):
            if chooses.default is ... and not classes:
                raise InputError(f"evaluate: {self.label} needs names to choose from: classes='[a mug, a chair]'")
            given["classes"] = list(classes)
        return self.maker(**{**self.settings, **given})

    def named(self, number: str) -> str:
        """A number of the measure under the label; of a ``module:Name`` without one, as it is."""
        if number == self.name or number.startswith(f"{self.name}_"):
            return self.label + number.removeprefix(self.name)
        return number if self.label == self.name else f"{self.label}_{number}"


def judges_of(maker: type[Measure]) -> list[str]:
    """The arguments of a measure's constructor that are judges."""
    return [name for name, argument in arguments_of(maker).items() if Judge in arms_of(argument.kind)]


def settings_of_measure(maker: type[Measure]) -> type[Section]:
    """What can be set of a measure, as a model."""
    judges, fields = judges_of(maker), {}
    for name, argument in arguments_of(maker).items():
        if name in judges:
            fields[name] = (EncoderName | None, Field(None, description=argument.note))
        elif name == "classes":  # those of the evaluation stand for it
            fields[name] = (argument.kind | None, Field(None, description=argument.note))
        else:
            fields[name] = argument.field
    return section_of(maker, Section, fields)


def read_measures(value: Any) -> list[Chosen]:
    """Measures as they are named: ``mesh``, ``[mesh, {clip_score: {encoder: pocket}}]``, or with labels of their own
    ``{by_b32: {measure: clip_score, encoder: ViT-B-32/openai}}``.

    Raises:
        InputError: no such measure, or no such setting of it.
    """
    if isinstance(value, str):
        value = [value]
    if isinstance(value, Mapping):
        return [_labelled(str(label), settings) for label, settings in value.items()]
    if not isinstance(value, Sequence):
        raise InputError(f"evaluate: measures: expected names, got {short(value)}")
    found = [each for item in value for each in ([_chosen(item, item, {})] if isinstance(item, str) else _pairs(item))]
    labels = [each.label for each in found]
    for label in labels:
        if labels.count(label) > 1:
            raise InputError(
                f"evaluate: measures: {label} is there twice; give labels, as in {{mine: {{measure: {label}}}}}"
            )
    return found


def _pairs(item: Any) -> list[Chosen]:
    if not isinstance(item, Mapping):
        raise InputError(f"evaluate: measures: expected a name, or one with its settings, got {short(item)}")
    return [_chosen(str(name), str(name), {} if settings is None else settings) for name, settings in item.items()]


def _labelled(label: str, settings: Any) -> Chosen:
    if not isinstance(settings, Mapping | None):
        raise InputError(f"evaluate: measures: {label}: expected a mapping, got {short(settings)}")
    settings = dict(settings or {})
    return _chosen(label, str(settings.pop("measure", label)), settings)


def _chosen(label: str, name: str, settings: Any) -> Chosen:
    maker = MEASURES.find(name)
    if not (isinstance(maker, type) and issubclass(maker, Measure)):
        raise InputError(f"measure {name!r} is not a class derived from Measure")
    model = settings_of_measure(maker)
    try:
        checked = model.model_validate(settings)
    except ValidationError as error:
        raise InputError(f"evaluate: measures: {label}: {fold(error, model, settings)}") from None
    return Chosen(label, name, maker, {key: getattr(checked, key) for key in checked.model_fields_set})


def by_kind(classes: Sequence[str]) -> list[Chosen]:
    """All measures that are made unless others are asked for.

    Args:
        classes: names to choose from; measures that choose need them.
    """
    found = []
    for name in MEASURES.names():
        maker = MEASURES.find(name)
        chooses = arguments_of(maker).get("classes")
        if not maker.asked and (classes or chooses is None or chooses.default is not ...):
            found.append(Chosen(name, name, maker, {}))
    return found
