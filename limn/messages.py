"""One clear line out of everything that a configuration can get wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from limn.errors import short
from limn.registry import unknown_key
from limn.signature import arms_of, is_model

Place = tuple[str | int, ...]


def fold(error: ValidationError, model: type[BaseModel], data: Any, inside: Place = ()) -> str:
    """The first error in words, and how many more there are.

    Args:
        error: what pydantic found.
        model: the model that refused the data.
        data: the data that it refused.
        inside: the section that all of it lies in.

    Returns:
        One line such as ``losses.features: unknown key 'wieght'; did you mean 'weight'?``.
    """
    (section, text), *others = faults(error, model, data).values()
    where = ".".join(str(part)[:60] for part in (*inside, *section))
    line = f"{where}: {text}" if where else text
    line += f" (and {len(others)} more error{'s' if len(others) > 1 else ''})" if others else ""
    return line.encode(errors="backslashreplace").decode()


def faults(error: ValidationError, model: type[BaseModel], data: Any) -> dict[Place, tuple[Place, str]]:
    """All errors: place -> the section that it lies in, and what is wrong in words; arguments as of `fold`."""
    found: dict[Place, list[tuple[Place, str]]] = {}
    for details in error.errors(include_url=False):
        place = _clean(details["loc"], details["type"], data)
        if details["type"] == "missing" and isinstance(details["loc"][-1], int):
            found.pop(place, None)  # each value that a list lacks is an error; the last one says how many it needs
        found.setdefault(place, []).append(_describe(details, place, model))
    return {place: (several[0][0], _join(text for _, text in several)) for place, several in found.items()}


def nested(error: ValidationError, model: type[BaseModel], data: Any) -> PydanticCustomError:
    """An error inside a validator, to be raised there, so that the outer `fold` says where it was."""
    return PydanticCustomError("nested", fold(error, model, data))


def _describe(details: ErrorDetails, place: Place, model: type[BaseModel]) -> tuple[Place, str]:
    """The section of an error and what is wrong there."""
    match details["type"]:
        case "extra_forbidden":
            *section, key = place
            return tuple(section), unknown_key(str(key), _keys_at(model, section))
        case "missing" if isinstance(details["loc"][-1], int):
            return place, f"expected {details['loc'][-1] + 1} values, got {short(details['input'])}"
        case "missing":
            *section, key = place
            return tuple(section), f"{key!r} is missing"
        case "too_long" | "too_short":
            bound = f"at most {details['ctx'].get('max_length')}" if details["type"] == "too_long" else "more"
            return place, f"expected {bound} values, got {short(details['input'])}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return place, f"expected a mapping, got {short(details['input'])}"
        case "path_type":
            return place, f"expected a path, got {short(details['input'])}"
        case "string_pattern_mismatch":
            return place, f"expected text that matches {details['ctx']['pattern']}, got {short(details['input'])}"
        case "value_error":
            return place, str(details["ctx"]["error"])
    text = details["msg"].partition(", unable to")[0]
    if text.startswith("Input should be "):
        wanted = text.removeprefix("Input should be ").removeprefix("a valid ")
        article = "an " if wanted[0] in "aeiou" else "a "
        wanted = article + wanted if wanted.split(",")[0] in _NOUNS else wanted
        return place, f"expected {wanted}, got {short(details['input'])}"
    return place, text


_NOUNS = {"integer", "number", "string", "boolean", "list", "dictionary", "tuple"}


def _join(texts: Iterable[str]) -> str:
    """The messages of a union's arms as one: "expected a or b, got c"."""
    unique = list(dict.fromkeys(texts))
    parts = [text.partition(", got ") for text in unique]
    if len(unique) > 1 and all(head.startswith("expected ") and tail for head, _, tail in parts):
        return f"expected {' or '.join(head.removeprefix('expected ') for head, _, _ in parts)}, got {parts[0][2]}"
    return unique[-1]


def _clean(location: Place, kind: str, data: Any) -> Place:
    """The location without pydantic's tags of union arms, which name no key of the data."""
    place: list[str | int] = []
    for number, part in enumerate(location):
        if isinstance(data, Mapping):
            known = part in data
        else:
            known = isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)
        if known:
            place.append(part)
            data = data[part]
        elif isinstance(data, list) and str(part).isidentifier():  # a list that a validator has given names to
            place.append(part)
            data = None
        elif kind == "missing" and number == len(location) - 1 and isinstance(part, str):
            place.append(part)
    return tuple(place)


def _keys_at(model: type[BaseModel], section: Sequence[str | int]) -> list[str]:
    """The valid keys of the section of a model."""
    kinds: list[Any] = [model]
    for part in section:
        inner: list[Any] = []
        for kind in kinds:
            if is_model(kind):
                inner += [f.annotation for name, f in kind.model_fields.items() if part in (name, f.alias)]
            elif arguments := get_args(kind):
                inner.append(arguments[-1])
        kinds = [arm for kind in inner for arm in arms_of(kind)]
    # One of a list may stand there without the list.
    kinds += [arm for kind in kinds if get_origin(kind) is list for arm in arms_of(get_args(kind)[0])]
    return [f.alias or name for kind in kinds if is_model(kind) for name, f in kind.model_fields.items()]
