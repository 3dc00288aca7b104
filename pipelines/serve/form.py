"""The form: what it asks for to start a pipeline, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from limn.errors import InputError, short
from limn.messages import faults
from limn.registry import suggestion
from pipelines.config.reading import merged, read_config
from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.run_config import RunConfig
from pipelines.config.schema import schema
from pipelines.config.shipped import shipped_folder, shipped_pipelines, summary_of
from pipelines.config.yaml import parse_texts, parse_value, read_mapping
from pipelines.serve.fields import Field, fields_of, weights_of, within
from pipelines.serve.files import inside, leads_out

OF_THE_SERVER = ("recipe", "name", "run", "output", "import_from")
"""Settings that no form may change."""


@dataclass(frozen=True)
class Form:
    """What a pipeline can be told.

    Args:
        name: of the pipeline.
        summary: what it does.
        first: the fields that its config names, the main setting before all others.
        more: the other fields of its recipe.
        shared: those of all recipes.
        elsewhere: settings that only a config can have.
    """

    name: str
    summary: str
    first: list[Field]
    more: list[Field]
    shared: list[Field]
    elsewhere: list[str]

    @property
    def fields(self) -> dict[str, Field]:
        """All of them by key."""
        return {field.key: field for field in (*self.first, *self.more, *self.shared)}


@lru_cache(maxsize=64)
def form_of(name: str) -> Form:
    """The form of a shipped pipeline.

    Raises:
        InputError: there is none of that name.
    """
    file = _config_file(name)
    given = read_mapping(file)
    recipe = given["recipe"]
    model = config_of(RECIPES.find(recipe))
    definitions = schema(recipe)["$defs"]
    properties = {key: part for key, part in definitions[recipe]["properties"].items() if key not in OF_THE_SERVER}
    fields = [*fields_of(properties, given, definitions), *weights_of(given.get("losses"))]
    for stage, own in given.get("stages", {}).items():
        named = {key: part for key, part in properties.items() if key in own}
        inner = [*fields_of(named, own, definitions), *weights_of(own.get("losses"))]
        fields += [within(f"stages.{stage}", field) for field in inner]
    leading = [model.main, *(key for key, part in properties.items() if "default" not in part), *given]
    groups: dict[str, list[Field]] = {"first": [], "more": [], "shared": []}
    for field in fields:
        head = field.key.split(".")[0]
        groups["first" if head in leading else "shared" if head in RunConfig.model_fields else "more"].append(field)
    groups["first"].sort(key=lambda field: leading.index(field.key.split(".")[0]))
    asked = {field.key.split(".")[0] for field in fields}
    return Form(name, summary_of(file), **groups, elsewhere=[key for key in properties if key not in asked])


def config_from(name: str, answers: Mapping[str, Any], folder: Path) -> RunConfig | dict[str, str]:
    """The config of a run from what was typed into a form, or what is wrong with it.

    Args:
        name: of the pipeline.
        answers: key -> text, of the fields that were changed.
        folder: where the run goes, and below which files may lie beside the shipped ones; the working directory.

    Returns:
        The config, or key -> message; the key is empty where the message belongs to no field.

    Raises:
        InputError: there is no such pipeline.
    """
    form, file = form_of(name), _config_file(name)
    fields = form.fields
    settings: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for key, text in answers.items():
        try:
            if key not in fields:
                raise InputError("this is set in a config, not in a form")
            if text == fields[key].value:  # as the config has it, with what no field shows
                continue
            value = _value(fields[key], text, [folder, shipped_folder().resolve()])
            merged(file, [(key, value)])
            settings[key] = value
        except InputError as error:
            wrong[key] = str(error)
    overrides = [*settings.items(), ("output", str(folder))]
    try:
        config = read_config(file, overrides)
    except InputError as error:
        others = _at_fields(error, *merged(file, overrides)[:2], list(fields))
        return wrong | ({key: text for key, text in others.items() if key and key not in wrong} if wrong else others)
    return wrong or config


def _at_fields(error: InputError, data: Any, model: type[RunConfig], keys: Sequence[str]) -> dict[str, str]:
    """What is wrong with a config, each message at the field that it is about."""
    if not isinstance(error.__cause__, ValidationError):
        return {"": str(error)}
    wrong = {}
    for place, (section, text) in faults(error.__cause__, model, data).items():
        parts = [str(part) for part in place]
        heads = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        key = next((head for head in heads if head in keys), "")
        if not key:
            text = ": ".join(filter(None, [".".join(map(str, section)), text]))
            head, colon, rest = text.partition(": ")  # a check of the whole config says which setting it is about
            key, text = (head, rest) if colon and head in keys else ("", text)
        wrong[key] = text
    return wrong


def _value(field: Field, text: Any, folders: Sequence[Path]) -> Any:
    """What was typed into a field.

    Raises:
        InputError: it is of another kind, or names a file that lies elsewhere.
    """
    if not isinstance(text, str):
        raise InputError(f"expected text, got {short(text)}")
    if field.optional and not text.strip():
        return None
    match field.kind:
        case "switch":
            return _one_of(text, ("true", "false")) == "true"
        case "choice":
            return _one_of(text, field.choices)
        case "choices":
            return [
                _one_of(part, field.choices) for part in parse_texts(text if text[:1] == "[" else f"[{text}]") if part
            ]
        case "number" | "numbers":
            return parse_value(text)
    if field.kind == "file" and text not in field.choices:
        return _file(text, folders)
    texts = parse_texts(text) if field.kind == "texts" else [text]
    if any(leads_out(each, folders) for each in texts):
        raise InputError("expected words, or a file below the served folder")
    if field.choices and ":" in text:  # else module:Name, which is code
        _one_of(text.partition(":")[0], field.choices)
    return texts if field.kind == "texts" else text


def _one_of(text: str, choices: Sequence[str]) -> str:
    if text not in choices:
        raise InputError(f"expected {', '.join(choices)}, got {short(text)}{suggestion(text, choices)}")
    return text


def _file(text: str, folders: Sequence[Path]) -> str:
    for folder in folders:
        place = inside(folder, text)
        if place is not None:
            return str(place)
    raise InputError(f"no such file below the served folder: {short(text)}")


def _config_file(name: str) -> Path:
    shipped = shipped_pipelines()
    if name not in shipped:
        raise InputError(f"no pipeline {short(name)}{suggestion(name, shipped)}")
    return shipped[name]
