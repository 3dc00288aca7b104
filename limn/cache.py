"""Caches of what takes long to load or make and much memory: bounded, and emptied together."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from weakref import WeakSet

F = TypeVar("F", bound=Callable[..., Any])

_caches: WeakSet[Any] = WeakSet()


def cached(size: int) -> Callable[[F], F]:
    """Decorator: calls with the same arguments give the same object.

    Args:
        size: results that are kept; the least recently used goes first. What goes lives on where it is in use.
    """

    def wrap(function: F) -> F:
        wrapped: Any = lru_cache(maxsize=size)(function)
        _caches.add(wrapped)
        return wrapped  # type: ignore[no-any-return]

    return wrap


def clear() -> None:
    """Empties all caches: encoders, priors and what they keep. What is in use lives on."""
    for each in list(_caches):
        each.cache_clear()
