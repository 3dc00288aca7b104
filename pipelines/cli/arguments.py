"""What commands take."""

from __future__ import annotations

import re
from typing import Any

from limn.errors import InputError, short
from limn.registry import suggestion
from pipelines.config.words import MAIN, Words, parse_override
from pipelines.config.yaml import parse_value


def exactly(rest: list[str], command: str, *what: str) -> list[str]:
    """The arguments of a command that takes so many.

    Raises:
        InputError: there are more or fewer.
    """
    if len(rest) != len(what):
        raise InputError(f"{command} takes {' and '.join(what) or 'nothing'}, got {' '.join(rest) or 'nothing'}")
    return rest


def options_of(rest: list[str], command: str, known: list[str]) -> dict[str, Any]:
    """``key=value`` arguments, values read as YAML.

    Raises:
        InputError: an argument is of another form, or its key is unknown.
    """
    options = {}
    for text in rest:
        key, value = parse_override(text)
        if key not in known:
            hint = suggestion(key, known)
            known_too = "" if "known:" in hint else f"; known: {', '.join(known)}"
            raise InputError(f"{command}: unknown option {short(key)}{hint}{known_too}")
        try:
            options[key] = parse_value(value)
        except InputError as error:
            raise InputError(f"{command}: {key}: {error}") from error
    return options


def settings_of(rest: list[str]) -> list[tuple[str, Words | list[Words]]]:
    """``key=value`` arguments of a run; what has no key is its main setting, such as the prompt, or several targets."""
    settings: list[tuple[str, Words | list[Words]]] = []
    main: list[Words] = []
    for text in rest:
        if re.match(r"[A-Za-z_]\w*(\.\w+)*=", text):
            settings.append(parse_override(text))
        else:
            main.append(Words(text))
    return [*settings, *([(MAIN, main if len(main) > 1 else main[0])] if main else [])]
