"""YAML as configs are written in it."""

from __future__ import annotations

import re
from typing import Any

import yaml
from pydantic import BaseModel

from limn.errors import InputError


class _Loader(yaml.SafeLoader):
    """YAML without duplicate keys, and with 1e-3 as the number that it is in YAML 1.2."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        self.flatten_mapping(node)
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise InputError(f"line {line}: a key must be a name, got {key!r}")
            if key in seen:
                raise InputError(f"line {line}: key {key!r} is given twice")
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def parse_yaml(text: str) -> Any:
    """The data of a YAML text.

    Raises:
        InputError: it is no YAML, a key is given twice or is not a name; says in which line.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise InputError(f"{place}not valid YAML: {problem}") from error


def dump_yaml(config: BaseModel) -> str:
    """The config as YAML that reads back as the same config."""
    data = config.model_dump(mode="json", by_alias=True)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
