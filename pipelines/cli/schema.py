"""``limn schema``: JSON schema of configs."""

from __future__ import annotations

import json

from pipelines.cli.arguments import exactly
from pipelines.config.schema import schema


def print_schema(rest: list[str]) -> None:
    """``limn schema [RECIPE]``: what editors complete and check YAML with."""
    if len(rest) > 1:
        exactly(rest, "schema", "at most one recipe")
    print(json.dumps(schema(rest[0] if rest else None), indent=2))
