"""Overrides: settings that a command line puts in place of a config's."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel

from limn.errors import InputError, short
from limn.registry import suggestion
from limn.signature import arms_of
from pipelines.config.kinds import is_list_of_texts, kind_of
from pipelines.config.stages import StagedConfig
from pipelines.config.words import Words
from pipelines.config.yaml import parse_texts, parse_value


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
        value = _read(key, value, _kind(model, data, [*sections, last]))
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
    if words in ("null", "~") and type(None) in arms:
        return None
    is_list = any(get_origin(arm) in (list, tuple) for arm in arms)
    if (str in arms or Path in arms) and not (is_list and words.startswith("[")):
        return str(words)
    try:
        return parse_texts(words) if is_list_of_texts(kind) else parse_value(words)
    except InputError as error:
        raise InputError(f"{short(f'{key}={words}')}: {error}") from error


def _kind(model: type[BaseModel], data: dict[str, Any], keys: list[str]) -> Any:
    """The type of a setting; a stage has those of the run, and changes its losses."""
    if not _in_stage(model, keys[:-1]):
        return kind_of(model, data, keys)
    own = data["stages"][keys[1]]
    losses = [terms for terms in (data.get("losses"), own.get("losses")) if isinstance(terms, dict)]
    terms = {name: term for some in losses for name, term in some.items() if term}
    return kind_of(model, {**data, **own, "losses": terms}, keys[2:])


def _plain(value: Any) -> Any:
    """A copy without models, as a file would give it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, warnings=False)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


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
