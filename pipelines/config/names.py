"""Names of encoders and priors in a config; the JSON schema gives those that are registered as examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from guidance.distillation.load import PRIORS
from guidance.encoders.loading import ENCODERS
from limn.registry import Registry


@dataclass(frozen=True)
class _Examples:
    registry: Registry[Any]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {"examples": self.registry.names()}


EncoderName = Annotated[str, _Examples(ENCODERS)]
"""An encoder: registered, with what it takes behind a colon, or known to open_clip."""

PriorName = Annotated[str, _Examples(PRIORS)]
"""A prior: registered, with what it takes behind a colon, or on the hub."""
