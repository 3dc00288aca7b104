"""Kinds: of which type the setting is that a dotted key names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from limn.components import OneOf
from limn.errors import InputError
from limn.settings import settings_model
from limn.signature import arms_of, is_model
from pipelines.config.from_words import FromWordsConfig
from pipelines.config.terms import term_model


def kind_of(model: type[BaseModel], data: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """The annotation of a setting; None where it is not known.

    Args:
        model: of the config.
        data: the config as it was read; its losses say which settings they have.
        keys: where the setting lies.
    """
    if keys[0] != "losses" or len(keys) == 1:
        return _inside(model, keys)
    try:
        return _inside(term_model(_loss(model, data, keys[1])), keys[2:])
    except InputError:
        return None


def is_list_of_texts(kind: Any) -> bool:
    """True for a list of texts or paths."""
    items = [get_args(arm)[0] for arm in arms_of(kind) if get_origin(arm) in (list, tuple)]
    return bool(items) and all(arm in (str, Path) for item in items for arm in arms_of(item))


def _loss(model: type[BaseModel], data: Mapping[str, Any], name: str) -> str:
    """The loss of a term: as it says, as the preset says, or as it is called."""
    terms = data["losses"]
    if isinstance(terms, list):
        return str(terms[int(name)].get("loss")) if name.isdecimal() else name
    presets = model.preset(data) if issubclass(model, FromWordsConfig) else {}
    own = (term for term in (terms.get(name), presets.get(name)) if isinstance(term, Mapping) and "loss" in term)
    return str(next(own, {"loss": name})["loss"])


def _inside(kind: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        kind = next((part for arm in _arms(kind) if (part := _part(arm, key)) is not None), None)
    return kind


def _arms(kind: Any) -> list[Any]:
    """As `arms_of`, where a component stands as what it is one of."""
    if get_origin(kind) is Annotated:
        first, *marks = get_args(kind)
        return [mark for mark in marks if isinstance(mark, OneOf)] or _arms(first)
    arms = arms_of(kind)
    return list(arms) if len(arms) == 1 else [arm for part in get_args(kind) for arm in _arms(part)]


def _part(kind: Any, key: str) -> Any:
    """The annotation of what lies under a key in something of a kind."""
    if isinstance(kind, OneOf):
        return settings_model(kind.registry.find(key), kind.given)
    if is_model(kind):
        field = kind.model_fields.get(key)
        if field is None or not field.metadata:
            return None if field is None else field.annotation
        return Annotated[field.annotation, *field.metadata]  # pydantic has taken them apart
    if get_origin(kind) in (list, tuple):
        return get_args(kind)[0]
    return get_args(kind)[1] if get_origin(kind) is dict else None
