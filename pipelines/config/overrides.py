"""Overrides: settings that a command line puts in place of a config's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel

from limn.errors import InputError, short
from limn.registry import suggestion
from limn.signature import arms_of, is_model
from pipelines.config.stages import StagedConfig
from pipelines.config.terms import term_model
from pipelines.config.words import Words
from pipelines.config.yaml import parse_value


def override(data: dict[str, Any], key: str, value: Any, model: type[BaseModel]) -> None:
    """Sets a value in place; a section that the file does not name starts from the recipe's defaults.

    Args:
        data: the config as it was read.
        key: dotted.
        value: `Words`, or a value from Python.
        model: of the config.

    Raises:
        InputError: there is no such section, or the value is not YAML where it must be.
    """
    *sections, last = key.split(".")
    if _in_stage(model, sections) and sections[1] not in (stages := data.get("stages") or {}):
        near = suggestion(sections[1], stages) or "; the config has no stages"
        raise InputError(f"override {key!r}: no stage {short(sections[1])}{near}")
    if sections and sections[0] in model.model_fields and sections[0] not in data:
        data[sections[0]] = _plain(model.model_fields[sections[0]].get_default(call_default_factory=True))
    here: Any = data
    for number, section in enumerate(sections):
        here = _step_into(here, section)
        if here is None:
            raise InputError(f"override {key!r}: {'.'.join(sections[: number + 1])} is not a section")
    if isinstance(value, Words):
        value = _read(key, value, _kind(model, data, sections, last))
    if isinstance(here, list):
        item = _index(here, last)
        if item is None:
            raise InputError(f"override {key!r}: no item {last!r} in the list")
        here[item] = value
    elif isinstance(here, dict):
        here[last] = value
    else:
        raise InputError(f"override {key!r}: {'.'.join(sections)} is not a section")


def _in_stage(model: type[BaseModel], sections: list[str]) -> bool:
    return issubclass(model, StagedConfig) and sections[:1] == ["stages"] and len(sections) > 1


def _read(key: str, words: Words, kind: Any) -> Any:
    arms = arms_of(kind)
    is_list = words.startswith("[") and any(get_origin(arm) in (list, tuple) for arm in arms)
    is_null = words in ("null", "~") and type(None) in arms
    if (str in arms or Path in arms) and not (is_list or is_null):
        return str(words)
    try:
        return parse_value(words)
    except InputError as error:
        raise InputError(f"{short(f'{key}={words}')}: {error}") from error


def _kind(model: type[BaseModel], data: Mapping[str, Any], sections: list[str], last: str) -> Any:
    """The type of a setting; None where it is not known."""
    if _in_stage(model, sections):
        return _kind(model, data["stages"][sections[1]], sections[2:], last)
    kind: Any = model
    here: Any = data
    for section in (*sections, last):
        if sections[:1] == ["losses"] and len(sections) == 2 and section == last:
            term = here if isinstance(here, Mapping) else {}
            try:
                kind = term_model(str(term.get("loss", sections[1])))
            except InputError:
                return None
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            here = _step_into(here, section)
            continue
        field = kind.model_fields.get(section)
        if field is None:
            return None
        kind = next((arm for arm in arms_of(field.annotation) if is_model(arm)), field.annotation)
        here = _step_into(here, section)
    return kind


def _plain(value: Any) -> Any:
    """A copy without models, as a file would give it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, warnings=False)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _step_into(here: Any, section: str) -> Any:
    if isinstance(here, list):
        item = _index(here, section)
        return None if item is None else here[item]
    if not isinstance(here, dict):
        return None
    if not isinstance(here.get(section), dict | list):
        here[section] = {} if here.get(section) is None else here[section]
    return here[section] if isinstance(here[section], dict | list) else None


def _index(items: list[Any], name: str) -> int | None:
    """The place of an item: its number, or the name of its loss."""
    if name.isdecimal():
        return int(name) if int(name) < len(items) else None
    names = [item.get("loss") if isinstance(item, dict) else None for item in items]
    return names.index(name) if name in names else None
