"""From the signature of a constructor to the fields of a config: the one reader of both."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field

from limn.errors import InputError


@dataclass(frozen=True)
class Argument:
    """An argument of a constructor or function.

    Args:
        name: of it.
        kind: its annotation, `typing.Any` where there is none.
        default: ``...`` where it must be given.
        note: what the ``Args:`` section of the docstring says of it.
    """

    name: str
    kind: Any
    default: Any
    note: str | None

    @property
    def field(self) -> tuple[Any, Any]:
        """The type and the field of a pydantic model; defaults that YAML cannot hold are not written down."""
        plain = isinstance(self.default, NoneType | bool | int | float | str | list | tuple | dict)
        hidden = self.default is not ... and not plain
        return self.kind, Field(self.default, description=self.note, exclude=True if hidden else None)


def arguments_of(maker: Callable[..., Any]) -> dict[str, Argument]:
    """The named arguments of a class's constructor or of a function.

    Raises:
        InputError: it is neither, or its annotations name what is not there.
    """
    target = maker.__init__ if isinstance(maker, type) else maker  # type: ignore[misc]
    try:
        hints = get_type_hints(target, include_extras=True)
        parameters = inspect.signature(maker).parameters
    except (TypeError, ValueError, NameError, AttributeError, SyntaxError) as error:
        raise InputError(f"{getattr(maker, '__name__', maker)!r} has no signature that can be read: {error}") from error
    # What a class does not say of an argument, the class it comes from does.
    told = reversed(maker.__mro__) if isinstance(maker, type) else [maker]
    notes = {name: note for one in told for name, note in argument_notes(inspect.cleandoc(one.__doc__ or "")).items()}
    found = {}
    for name, parameter in parameters.items():
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            default = ... if parameter.default is parameter.empty else parameter.default
            found[name] = Argument(name, hints.get(name, Any), default, notes.get(name))
    return found


def summary(maker: Callable[..., Any]) -> str:
    """The first line of a docstring."""
    return (inspect.getdoc(maker) or "").partition("\n")[0]


def argument_notes(doc: str) -> dict[str, str]:
    """What the ``Args:`` section of a docstring says of each argument."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)*)", doc, re.MULTILINE)
    lines = re.findall(r"^    (\w+): (.*(?:\n {6,}.*)*)", section[1] if section else "", re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in lines}


def arms_of(kind: Any) -> tuple[Any, ...]:
    """The types that an annotation allows: the arms of a union, without what `typing.Annotated` adds."""
    if get_origin(kind) is Annotated:
        return arms_of(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(arm for part in get_args(kind) for arm in arms_of(part))
    return (kind,)


def is_model(kind: Any) -> bool:
    """True for a class of pydantic models."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)
