"""Words: what a command line says of a setting, before it is known what kind of setting it is."""

from __future__ import annotations

from limn.errors import InputError, short

MAIN = ""
"""The key of an override that names no key: the main setting of the config."""


class Words(str):
    """A value as it was typed: text where the setting is text, else YAML."""

    __slots__ = ()


def parse_override(text: str) -> tuple[str, Words]:
    """The key and the value of ``a.b=3``.

    Raises:
        InputError: there is no ``=``, or no key.
    """
    key, equals, value = text.partition("=")
    if not equals or not key or not all(key.split(".")):
        raise InputError(f"{short(text)} is not of the form key=value or section.key=value")
    return key, Words(value)
