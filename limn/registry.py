"""Registries: things that a config chooses by name, or by ``module:Name``."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from limn.errors import InputError

T = TypeVar("T", bound=Callable[..., object])


class Registry(Generic[T]):
    """Names for classes or functions of one kind.

    Args:
        kind: what is registered, in the singular, for messages ("loss").
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that registers under ``name``; a name taken twice is a `ValueError`."""

        def enter(entry: T) -> T:
            if name in self._entries:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._entries[name] = entry
            return entry

        return enter

    def find(self, name: str) -> T:
        """The entry of that name, or the attribute ``Name`` of ``module`` for "module:Name".

        Raises:
            InputError: no such name, module or attribute.
        """
        if ":" in name:
            module, _, attribute = name.partition(":")
            try:
                entry: T = getattr(importlib.import_module(module), attribute)
            except (ImportError, AttributeError) as error:
                raise InputError(f"{self.kind} {name!r} cannot be imported: {error}") from error
            return entry
        if name not in self._entries:
            raise InputError(f"unknown {self.kind} {name!r}{suggestion(name, self._entries)}")
        return self._entries[name]

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._entries)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of an error message: the nearest of the known names, or all of them where none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(names)}"
