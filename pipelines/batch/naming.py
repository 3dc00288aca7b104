"""Names of jobs, made of their fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from limn.errors import InputError
from limn.registry import unknown_key

FIELD = re.compile(r"\{([^{}]*)\}")


def name_of(template: str, values: Mapping[str, Any]) -> str:
    """A name such as "a cat-3" of "{prompt}-{seed}"; a path gives the name of its file, without the ending.

    Args:
        template: text with keys in braces.
        values: of all settings, by dotted key.

    Raises:
        InputError: there is no such setting.
    """

    def fill(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise InputError(f"name: {unknown_key(found[1], [key for key in values if key])}")
        return written(values[found[1]])

    return FIELD.sub(fill, template)


def template_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """The template for jobs that are given none: the settings in which they differ."""
    keys = dict.fromkeys(key for row in rows for key, value in row.items() if not isinstance(value, Mapping))
    return "-".join(f"{{{key}}}" for key in keys if any(row.get(key) != rows[0].get(key) for row in rows))


def written(value: Any) -> str:
    """A value as a part of a name."""
    text = str(value)
    return Path(text).stem if "/" in text and Path(text).suffix else text


def flat(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Settings by dotted key, sections and what is in them."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found[before + key] = value
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{key}.")
    return found
