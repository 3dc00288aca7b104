"""Fields: what of a recipe's JSON schema a form can ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["number", "numbers", "switch", "choice", "choices", "file", "words", "texts"]

RANGE = {"minimum": "least", "maximum": "most", "exclusiveMinimum": "above", "exclusiveMaximum": "below"}


@dataclass(frozen=True)
class Field:
    """A setting in a form.

    Args:
        key: dotted, as on the command line.
        kind: how it is typed: one number, ``numbers`` (one or a list of them), one of ``choices`` or several, a file,
            ``words``, or ``texts`` (a list of them).
        note: what it does.
        value: what it is unless it is changed, as it is typed.
        optional: whether it may be empty.
        choices: that there are; for words and files those that are proposed.
        range: of a number: ``least``, ``most``, ``above``, ``below`` and ``whole``, as far as they are known.
    """

    key: str
    kind: Kind
    note: str
    value: str
    optional: bool
    choices: tuple[str, ...]
    range: Mapping[str, float]


def fields_of(properties: Mapping[str, Any], given: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Field]:
    """The fields of a section and of the sections in it.

    Args:
        properties: of its JSON schema.
        given: what the config says.
        definitions: what the schema refers to.
    """
    found = []
    for name, schema in properties.items():
        value = given.get(name, schema.get("default"))
        field = _field(name, schema, value, definitions)
        sections = [arm for arm in _arms(schema, definitions) if arm.get("type") != "null"]
        if field is not None:
            found.append(field)
        elif len(sections) == 1 and "properties" in sections[0]:
            inner = fields_of(sections[0]["properties"], value if isinstance(value, Mapping) else {}, definitions)
            found += [within(name, one) for one in inner]
    return found


def within(section: str, field: Field) -> Field:
    """A field of a section."""
    return replace(field, key=f"{section}.{field.key}")


def weights_of(losses: Any) -> Iterator[Field]:
    """The weights of the losses that a config names, where they are numbers."""
    for name, term in losses.items() if isinstance(losses, Mapping) else []:
        weight = term.get("weight", 1) if isinstance(term, Mapping) else None
        if isinstance(weight, int | float) and name.isidentifier():
            note = f"How much the loss ``{term.get('loss', name)}`` counts."
            limits = {"least": -1e6, "most": 1e6}
            yield Field(f"losses.{name}.weight", "number", note, _typed(weight), False, (), limits)


def _field(name: str, schema: Mapping[str, Any], value: Any, definitions: Mapping[str, Any]) -> Field | None:
    arms = _arms(schema, definitions)
    typed = [arm for arm in arms if arm.get("type") != "null"]
    kind = _kind(typed)
    if isinstance(value, Mapping) and len(value) == 1 and kind == "choice":  # a component with settings
        (value,) = value
    if kind is None or isinstance(value, Mapping) or (isinstance(value, list) and any(map(_is_nested, value))):
        return None
    choices = next((arm["enum"] for arm in typed if "enum" in arm), None)
    choices = choices or next((arm["items"]["enum"] for arm in typed if kind == "choices"), None)
    choices = choices or schema.get("examples", ())
    limits = {ours: arm[theirs] for arm in typed for theirs, ours in RANGE.items() if theirs in arm}
    if [arm.get("type") for arm in typed] == ["integer"]:
        limits["whole"] = 1
    note = " ".join(str(schema.get("description", "")).split())
    return Field(name, kind, note, _typed(value), len(typed) < len(arms), tuple(map(str, choices)), limits)


def _kind(arms: list[Mapping[str, Any]]) -> Kind | None:
    kinds = {_kind_of_arm(arm) for arm in arms}
    if "choice" in kinds and kinds <= {"choice", "section"}:
        return "choice"
    if "file" in kinds and kinds <= {"file", "section", "files"}:
        return "file"
    if kinds == {"number", "numbers"}:
        return "numbers"
    if kinds == {"words", "texts"}:
        return "texts"
    (kind,) = kinds if len(kinds) == 1 else (None,)
    return None if kind in ("section", "files") else kind


def _kind_of_arm(arm: Mapping[str, Any]) -> Any:
    """One of `Kind`, or ``section`` or ``files``; None for what no field can ask for."""
    if "enum" in arm:
        return "choice"
    match arm.get("type"):
        case "object" if "properties" in arm:
            return "section"
        case "boolean":
            return "switch"
        case "integer" | "number":
            return "number"
        case "string":
            return "file" if arm.get("format") == "path" else "words"
        case "array":
            items = arm.get("prefixItems") or [arm.get("items", {})]
            inner = {_kind_of_arm(item) for item in items for item in item.get("anyOf", [item])}
            return {"choice": "choices", "words": "texts", "number": "numbers", "file": "files"}.get(
                inner.pop() if len(inner) == 1 else "file" if "file" in inner else ""
            )
    return None


def _arms(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    arms = [schema | arm for arm in schema["anyOf"]] if "anyOf" in schema else [schema]
    return [arm | definitions[arm["$ref"].rpartition("/")[2]] if "$ref" in arm else arm for arm in arms]


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | Mapping)


def _typed(value: Any) -> str:
    """A value as it is typed."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).removesuffix(".0")
