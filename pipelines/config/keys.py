"""The keys of a config, read from the source of its recipe: a typo is answered before anything heavy is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from limn.errors import InputError
from limn.registry import installed, unknown_key
from limn.source import Definition, arguments, bases, definition
from pipelines.config.stage_keys import stage_fault
from pipelines.config.words import MAIN, Words
from pipelines.config.yaml import parse_value, read_mapping

TERMS = "pipelines.config.terms"
STAGES = "pipelines.config.stages"
OF_ENCODERS = ("encoder", "encoder_size", "augment", "num_augs", "include_clean", "smoothing")
"""Keys by which a term sets the first encoder of its loss; see `pipelines.config.given.KEYS`."""


def check_keys(file: Path, overrides: Iterable[tuple[str, Words | list[Words]]]) -> None:
    """Refuses unknown keys, as far as the source tells which there are; `read_config` finds all that is wrong.

    Args:
        file: a config.
        overrides: dotted keys and values.

    Raises:
        InputError: the file cannot be read, or a section has no such key; names the nearest.
    """
    data = read_mapping(file)
    for key, value in overrides:
        if key == MAIN or isinstance(value, list):
            continue
        try:
            _put(data, key.split("."), parse_value(value) if value.startswith(("{", "[")) else str(value))
        except InputError:  # or it is text that begins so
            continue
    config = _config_of(str(data.get("recipe")))
    if config is not None:
        _check_section(config, data, f"{file}: ", "")


def _put(data: dict[str, Any], keys: list[str], value: Any) -> None:
    *sections, last = keys
    for section in sections:
        inner = data.setdefault(section, {})
        if not isinstance(inner, dict):
            return
        data = inner
    data[last] = value


def places_of(module: str, name: str) -> dict[str, str]:
    """The entries of a registry: name -> "module:Name"."""
    found = definition(module, name)
    if found is None or not isinstance(found.node, ast.Call):
        return {}
    kind, entries = found.node.args[:2]
    return {**installed(ast.literal_eval(kind)), **ast.literal_eval(entries)}


def _entry(places: dict[str, str], name: str) -> Definition | None:
    module, _, attribute = places.get(name, "").partition(":")
    return definition(module, attribute) if attribute else None


def _config_of(recipe: str) -> Definition | None:
    function = _entry(places_of("pipelines.config.recipe", "RECIPES"), recipe)
    first = next(iter((arguments(function) or {}).values()), None) if function is not None else None
    return definition(function.module, first.id) if function is not None and isinstance(first, ast.Name) else None


def fields_of(model: Definition) -> dict[str, tuple[str, ast.expr]] | None:
    """Key -> module and annotation of the fields of a model; None where the source does not tell."""
    if not isinstance(model.node, ast.ClassDef) or not model.node.bases:
        return None
    if (model.module, model.node.name) == ("limn.settings", "Section"):
        return {}
    fields: dict[str, tuple[str, ast.expr]] = {}
    for base in bases(model):
        inherited = fields_of(base) if base is not None else None
        if inherited is None:
            return None
        fields |= inherited
    for node in [node for node in model.node.body if isinstance(node, ast.AnnAssign)]:
        if isinstance(node.target, ast.Name) and not ast.unparse(node.annotation).startswith("ClassVar"):
            fields[_alias(node.value) or node.target.id] = model.module, node.annotation
    return fields


def _alias(default: ast.expr | None) -> str | None:
    keywords = default.keywords if isinstance(default, ast.Call) else []
    return next((ast.literal_eval(keyword.value) for keyword in keywords if keyword.arg == "alias"), None)


def term_keys(loss: str) -> list[str] | None:
    """The keys of a term of a registered loss; None for other losses."""
    found, term = _entry(places_of("guidance.loss", "LOSSES"), loss), definition(TERMS, "Term")
    if found is None or term is None:
        return None
    keys = list(fields_of(term) or {})
    alone = True
    for name, annotation in (arguments(found) or {}).items():
        kind = ast.unparse(annotation) if annotation is not None else ""
        if "AugmentedEncoder" in kind and "list[" not in kind and alone:
            keys += OF_ENCODERS
            alone = False
        elif not re.search(r"\b(Region|Compute|ModelLibraries)\b", kind):
            keys.append(name)
    return keys


def _check_section(model: Definition, data: dict[str, Any], where: str, place: str) -> None:
    fields = fields_of(model)
    if fields is None:
        return
    _check_keys(data, list(fields), where, place)
    for key, (module, annotation) in fields.items():
        if (module, key) == (STAGES, "stages"):
            _check_stages(model, list(fields), data.get(key), where)
        elif key in data:
            _check(annotation, module, data[key], where, f"{place}.{key}" if place else key)


def _check_stages(model: Definition, known: list[str], stages: Any, where: str) -> None:
    for name, own in stages.items() if isinstance(stages, dict) else []:
        if isinstance(own, dict):
            fault = stage_fault(own, known)
            if fault is not None:
                raise InputError(f"{where}stages.{name}: {fault}")
            _check_section(model, own, where, f"stages.{name}")


def _check_keys(data: dict[str, Any], known: list[str], where: str, place: str) -> None:
    for key in data:
        if key not in known:
            raise InputError(f"{where}{place}{': ' if place else ''}{unknown_key(key, known)}")


def _check(kind: ast.AST, module: str, value: Any, where: str, place: str) -> None:
    """Looks for unknown keys in a value of the type that an annotation names."""
    if isinstance(kind, ast.Name):
        found = definition(module, kind.id)
        if found is not None and (found.module, kind.id) == (TERMS, "Losses"):
            _check_terms(value, where, place)
        elif found is not None and isinstance(found.node, ast.ClassDef):
            if isinstance(value, dict):
                _check_section(found, value, where, place)
        elif found is not None:
            _check(found.node, found.module, value, where, place)
    elif isinstance(kind, ast.BinOp):
        for arm in (kind.left, kind.right):
            _check(arm, module, value, where, place)
    elif isinstance(kind, ast.Call) and ast.unparse(kind.func) == "OneOf":
        _check_component(kind, module, value, where, place)
    elif isinstance(kind, ast.Subscript):
        parts = kind.slice.elts if isinstance(kind.slice, ast.Tuple) else [kind.slice]
        outer = ast.unparse(kind.value)
        if outer == "Annotated":
            for part in parts:
                _check(part, module, value, where, place)
        elif outer == "list":
            for number, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
                _check(parts[0], module, item, where, place if number is None else f"{place}.{number}")
        elif outer == "dict" and isinstance(value, dict):
            for key, item in value.items():
                _check(parts[-1], module, item, where, f"{place}.{key}")


def _check_component(kind: ast.Call, module: str, value: Any, where: str, place: str) -> None:
    if not (isinstance(value, dict) and len(value) == 1 and isinstance(kind.args[0], ast.Name)):
        return
    ((name, settings),) = value.items()
    registry = definition(module, kind.args[0].id)
    found = _entry(places_of(registry.module, kind.args[0].id), name) if registry is not None else None
    known = arguments(found) if found is not None else None
    if found is not None and known is not None and isinstance(settings, dict):
        given = ast.literal_eval(kind.args[1]) if len(kind.args) > 1 else ()
        _check_keys(settings, [key for key in known if key not in given], f"{where}{place}: ", name)
        for key, setting in settings.items():
            annotation = known[key]
            if annotation is not None:
                _check(annotation, found.module, setting, where, f"{place}.{name}.{key}")


def _check_terms(value: Any, where: str, place: str) -> None:
    for name, term in value.items() if isinstance(value, dict) else []:
        keys = term_keys(str(term.get("loss", name))) if isinstance(term, dict) else None
        if keys is not None:
            _check_keys(term, keys, where, f"{place}.{name}")
