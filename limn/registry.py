"""Registries: things that a config chooses by name, or by ``module:Name``."""

from __future__ import annotations

import ast
import difflib
import importlib
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from limn.errors import InputError, short
from limn.local_modules import import_local, is_local
from limn.source import definition

T = TypeVar("T", bound=Callable[..., object])

GROUP = "limn"
"""The group of entry points by which installed packages add parts: ``"loss.warmth" = "package.module:Warmth"``."""


class Registry(Generic[T]):
    """Names for classes or functions of one kind.

    An entry is imported when it is first asked for, so that a list of names costs no import.

    Args:
        kind: what is registered, in the singular, for messages and entry points ("loss").
        entries: name -> "module:Name".
        renamed: names of earlier versions -> what they are called now, for messages.
    """

    def __init__(
        self, kind: str, entries: Mapping[str, str] | None = None, renamed: Mapping[str, str] | None = None
    ) -> None:
        self.kind = kind
        self._places = dict(entries or {})
        self._renamed = dict(renamed or {})
        self._found: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that registers under ``name``; a name taken twice is a `ValueError`."""

        def enter(entry: T) -> T:
            # A module beside a config may be loaded again, from another folder.
            if name in self._places or (name in self._found and not is_local(self._found[name].__module__)):
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._found[name] = entry
            return entry

        return enter

    def find(self, name: str) -> T:
        """The entry of that name, or the attribute ``Name`` of ``module`` for "module:Name".

        Raises:
            InputError: no such name, module or attribute.
        """
        if ":" in name:
            return self._load(name, name, local=True)
        if name in self._found:
            return self._found[name]
        places = self._all_places()
        if name in self._renamed:
            raise InputError(f"{self.kind} {name!r} is now called {self._renamed[name]!r}")
        if name not in places:
            raise InputError(f"unknown {self.kind} {short(name)}{suggestion(name, self.names())}")
        self._found[name] = self._load(name, places[name])
        return self._found[name]

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted({*self._all_places(), *self._found})

    def summary(self, name: str) -> str:
        """The first line of an entry's docstring; read from its source where it was not imported yet."""
        if name in self._found:
            return (inspect.getdoc(self._found[name]) or "").partition("\n")[0]
        return _summary(self._all_places()[name])

    def _all_places(self) -> dict[str, str]:
        return {**installed(self.kind), **self._places}

    def _load(self, name: str, place: str, local: bool = False) -> T:
        module, _, attribute = place.partition(":")
        if not all(part.isidentifier() for part in (*module.split("."), attribute)):
            raise InputError(f"{self.kind} {short(name)} is no name and no module:Name")
        try:
            found = import_local(module) if local else None
            entry: T = getattr(found or importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise InputError(f"{self.kind} {short(name)} cannot be imported: {error}") from error
        except (Exception, SystemExit) as error:  # whatever a module of one's own does when it is imported
            if not local:
                raise
            kind = type(error).__name__
            raise InputError(f"{self.kind} {short(name)} cannot be imported: {kind}: {error}") from error
        return entry


RENAMED_KEYS = {
    "looks": "num_augs",
    "plain": "include_clean",
    "guidance": "guidance_scale",
    "earliest": "t_min",
    "latest": "t_max",
    "judge_every": "eval_every",
    "judge_views": "eval_views",
    "renew": "reinitialise",
    "picture": "channel",
    "contrast": "renderer.pixels.contrast",
}
"""Keys of earlier versions and what they are called now."""


def unknown_key(key: str, known: Collection[str]) -> str:
    """What is said of a key that a section does not have."""
    new = RENAMED_KEYS.get(key, "")
    if new.partition(".")[0] in known:
        return f"{short(key)} is now called {new!r}"
    return f"unknown key {short(key)}{suggestion(key, known) or '; it takes none'}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of an error message: the nearest of the known names, or all of them where none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name[:100], names, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(names)}" if names else ""


@cache
def _entry_points() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))


def parts_of_packages() -> set[str]:
    """The names of the packages that add parts."""
    return {point.value.partition(":")[0].partition(".")[0] for point in _entry_points()}


def installed(kind: str) -> dict[str, str]:
    """Name -> "module:Name" of the parts of this kind that installed packages add."""
    split = ((point.name.partition("."), point.value) for point in _entry_points())
    return {name: place for (first, _, name), place in split if first == kind.replace(" ", "_")}


def _summary(place: str) -> str:
    module, _, attribute = place.partition(":")
    found = definition(module, attribute)
    if found is None or not isinstance(found.node, ast.ClassDef | ast.FunctionDef):
        return ""
    return (ast.get_docstring(found.node) or "").partition("\n")[0]
