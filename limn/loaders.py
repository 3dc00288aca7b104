"""Loaders: a registry of functions that load something heavy, an encoder or a prior, from a name in a config."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from limn.cache import cached
from limn.errors import InputError
from limn.registry import Registry, suggestion
from limn.settings import checked
from limn.signature import arguments_of

V = TypeVar("V")


class Loaders(Registry[Callable[..., V]], Generic[V]):
    """A registry whose entries load things, with a bounded cache of what they loaded.

    An entry is a function, or a class. Of these parameters it has those that it needs:

    * ``device``: where to compute, as torch names it;
    * ``precision``: ``auto``, ``float32`` or ``bfloat16``;
    * ``place``: what stands behind the colon of the name, as in ``local-dir:/models/clip``; "" without a colon.

    All further parameters are its options.

    Args:
        kind: what is loaded, see `Registry`.
        entries: see `Registry`.
        fallback: the entry for names that are nobody's; the whole name is its ``place``.
        kept: results in the cache; the least recently used goes first. `limn.cache.clear` empties it.
    """

    def __init__(self, kind: str, entries: Mapping[str, str], fallback: str, kept: int) -> None:
        super().__init__(kind, entries)
        self._fallback = fallback
        self._call = cached(kept)(_call)

    def load(self, name: str, device: str, precision: str, options: Mapping[str, Any]) -> V:
        """Loads what a name stands for; the same arguments give the same object as long as the cache keeps it.

        Args:
            name: of an entry, "entry:place", "module:Name", or a name that the fallback knows.
            device: where to compute, as torch names it.
            precision: ``auto``, ``float32`` or ``bfloat16``.
            options: further arguments of the entry.

        Raises:
            InputError: no such name, or an option that the entry does not have or lacks.
        """
        loader, place = self._split(name)
        parameters = arguments_of(loader)
        given = {"device": device, "precision": precision, "place": place}
        if place and "place" not in parameters:
            raise InputError(f"{self.kind} {name!r}: expected {name.partition(':')[0]!r} alone; it takes nothing more")
        settings = checked(loader, options, f"{self.kind} {name!r}", given)
        taken = {key: value for key, value in given.items() if key in parameters}
        return self._call(loader, json.dumps({**taken, **settings}, sort_keys=True))

    def _split(self, name: str) -> tuple[Callable[..., V], str]:
        head, _, place = name.partition(":")
        if head in self.names():
            return self.find(head), place
        if not place.isidentifier():
            return self.find(self._fallback), name
        try:
            return self.find(name), ""
        except InputError as error:
            raise InputError(f"{error}{suggestion(head, self.names())}") from error


def _call(loader: Callable[..., V], arguments: str) -> V:
    return loader(**json.loads(arguments))
