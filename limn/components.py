"""Components: what a config names and sets, such as cameras or lights; their constructors are the schema."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from limn.errors import short
from limn.registry import Registry
from limn.settings import checked, settings_model


@dataclass(frozen=True)
class Component:
    """Something registered, with settings.

    Args:
        maker: what is registered.
        name: by which.
        settings: arguments of its constructor, checked.
    """

    maker: Callable[..., Any]
    name: str
    settings: Mapping[str, Any]

    def make(self, **given: Any) -> Any:
        """Calls the constructor.

        Args:
            given: the arguments that are not settings.

        Raises:
            InputError: the constructor refuses its settings.
        """
        return self.maker(**given, **self.settings)


class OneOf:
    """Marks a setting that is one of a registry: ``name`` or ``{name: {setting: value}}``.

    Args:
        registry: of classes or functions.
        given: their arguments that are not settings.
    """

    def __init__(self, registry: Registry[Any], given: Collection[str] = ()) -> None:
        self.registry, self.given = registry, frozenset(given)

    def read(self, value: Any) -> Component:
        """The component that a config names, its settings checked.

        Raises:
            ValueError: there is no such component, or it has no such setting.
        """
        if isinstance(value, Component):
            return value
        if isinstance(value, str):
            value = {value: {}}
        if not isinstance(value, Mapping) or len(value) != 1:
            raise ValueError(f"expected a name, or one with its settings as {{name: {{...}}}}, got {short(value)}")
        ((name, settings),) = value.items()
        maker = self.registry.find(str(name))
        return Component(maker, name, checked(maker, {} if settings is None else settings, name, self.given))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        dumped = core_schema.plain_serializer_function_ser_schema(plain)
        return core_schema.no_info_plain_validator_function(self.read, serialization=dumped)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        names = self.registry.names()
        models = {name: settings_model(self.registry.find(name), self.given).model_json_schema() for name in names}
        objects = [{"type": "object", "properties": {n: m}, "additionalProperties": False} for n, m in models.items()]
        return {"anyOf": [{"enum": names}, *objects]}


def plain(value: Any) -> Any:
    """A setting as a config would have it: names, numbers, lists and mappings."""
    if isinstance(value, Component):
        return {value.name: plain(dict(value.settings))}
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, tuple | list) else value
