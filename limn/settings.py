"""Settings: what a config may say. Sections are models; of what is registered, the constructor's arguments are."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, PydanticUserError, ValidationError, create_model
from pydantic.warnings import ArbitraryTypeWarning
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from limn.errors import InputError, short
from limn.messages import fold
from limn.signature import arguments_of, summary


def _integer(value: Any) -> Any:
    if isinstance(value, bool | str | bytes):
        raise PydanticKnownError("int_type")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool | str | bytes):
        raise PydanticKnownError("float_type")
    return value


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        raise PydanticKnownError("string_type")
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"expected text, got half of a character: {short(value)}") from None
    return value


_CHECKS = {"int": _integer, "float": _number, "str": _text}


def _exact(schema: Any) -> Any:
    """A schema whose numbers take no text and no truth value, and whose text and truth values take nothing else."""
    if isinstance(schema, list | tuple):
        return type(schema)(map(_exact, schema))
    if not isinstance(schema, dict):
        return schema
    schema = {key: part if key in ("metadata", "serialization") else _exact(part) for key, part in schema.items()}
    kind = schema.get("type")
    if kind in _CHECKS:
        return core_schema.no_info_before_validator_function(_CHECKS[kind], schema)
    return schema | {"strict": True} if kind == "bool" else schema


class Section(BaseModel):
    """A section of a config: it takes no other keys, and its numbers are finite."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        protected_namespaces=(),
        arbitrary_types_allowed=True,
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As pydantic has it, but see `_exact`."""
        exact: CoreSchema = _exact(handler(source))
        return exact


@lru_cache(maxsize=256)
def settings_model(maker: Callable[..., Any], given: frozenset[str] = frozenset()) -> type[Section]:
    """The arguments of a class's constructor, or of a function, as a model.

    Args:
        maker: the class or function.
        given: arguments that are not settings.
    """
    fields: dict[str, Any] = {name: a.field for name, a in arguments_of(maker).items() if name not in given}
    return section_of(maker, Section, fields)


S = TypeVar("S", bound=Section)


def section_of(maker: Callable[..., Any], base: type[S], fields: Mapping[str, Any]) -> type[S]:
    """A section with further fields, named and described as a class or function.

    Args:
        maker: the class or function.
        base: the section.
        fields: name -> type and default, as of `pydantic.create_model`.

    Raises:
        InputError: a field that no section can have.
    """
    name = getattr(maker, "__name__", "Arguments")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ArbitraryTypeWarning)  # an annotation that is no type allows anything
            return create_model(name, __base__=base, __doc__=summary(maker), **fields)
    except (PydanticUserError, NameError) as error:
        raise InputError(f"{name} has arguments that cannot be settings: {str(error).splitlines()[0]}") from error


def checked(
    maker: Callable[..., Any], settings: Mapping[str, Any], where: str, given: Collection[str] = ()
) -> dict[str, Any]:
    """The settings of a class or function as its annotations want them; what is not set is left out.

    Args:
        maker: the class or function.
        settings: by name.
        where: begins the message.
        given: arguments that are not settings.

    Raises:
        InputError: an unknown or missing setting, or one of another type or out of range.
    """
    model = settings_model(maker, frozenset(given))
    try:
        found = model.model_validate(settings)
    except ValidationError as error:
        raise InputError(f"{where}: {fold(error, model, settings)}") from None
    return {name: getattr(found, name) for name in found.model_fields_set}
