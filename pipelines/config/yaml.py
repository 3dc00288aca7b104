"""YAML as configs are written in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from limn.errors import InputError, short

if TYPE_CHECKING:
    from pydantic import BaseModel

DEEPEST = 32
"""How many mappings and lists may lie in each other."""

LARGEST = 100_000
"""How many values a document may stand for, with what its aliases repeat."""


class _Loader(yaml.SafeLoader):
    """YAML's text, numbers, truth values, lists and mappings: no other type, no key twice, no integer over 64 bits."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.depth > DEEPEST:
            raise InputError(f"line {self.line + 1}: more than {DEEPEST} mappings or lists lie in each other")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        line = f"line {node.start_mark.line + 1}"
        if kind not in ("null", "bool", "int", "float", "str", "seq", "map", "merge"):
            raise InputError(f"{line}: not valid YAML: the tag {short(node.tag)} is not known here")
        if not isinstance(node, {"map": yaml.MappingNode, "seq": yaml.SequenceNode}.get(kind, yaml.ScalarNode)):
            raise InputError(f"{line}: not valid YAML: what is written here is no {kind}")
        try:
            value = super().construct_object(node, deep)
        except InputError:
            raise
        except (ValueError, KeyError, AttributeError, IndexError) as error:  # whatever a conversion raises
            raise InputError(f"{line}: not valid YAML: expected {kind}, got {short(node.value)}") from error
        if isinstance(value, int) and abs(value) >= 2**63:
            raise InputError(f"{line}: an integer beyond 64 bits: {short(node.value)}")
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        self.flatten_mapping(node)
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise InputError(f"line {line}: a key must be a name, got {short(key)}")
            if key in seen:
                raise InputError(f"line {line}: key {short(key)} is given twice")
            seen.add(key)
        return super().construct_mapping(node, deep)


PLAIN = {
    "float": r"[-+]?(\d[\d_]*\.[\d_]*|\.\d[\d_]*|\.(inf|Inf|INF))|\.(nan|NaN|NAN)",
    "int": r"[-+]?(0b[01_]+|0[0-7_]+|0|[1-9][\d_]*|0x[\da-fA-F_]+)",
    "timestamp": None,
    "value": None,
}
"""How YAML 1.1 writes numbers, without base 60; dates and = are text."""


def _resolvers() -> dict[str, Any]:
    """PyYAML's own: first character -> tags and patterns, but as in `PLAIN`."""
    found: dict[str, Any] = {}
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items():
        patterns = {tag: PLAIN.get(tag.rpartition(":")[2], pattern.pattern) for tag, pattern in known}
        found[first] = [(tag, re.compile(f"^(?:{text})$", re.X)) for tag, text in patterns.items() if text is not None]
    return found


class _Texts(yaml.BaseLoader):
    """Takes all that is not a list or a mapping for text."""


class _Dumper(yaml.SafeDumper):
    """Puts what looks like a number to `_Loader` into quotes."""


_Loader.yaml_implicit_resolvers = _resolvers()
for _kind in (_Loader, _Dumper):
    # Numbers of YAML 1.2 that YAML 1.1 takes for text: 1e-3.
    _kind.add_implicit_resolver(
        "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
    )


def parse_yaml(text: str) -> Any:
    """The data of a YAML text.

    Raises:
        InputError: it is no YAML, a key is given twice or is not a name, or its aliases stand for more than `LARGEST`
            values; says in which line.
    """
    return _parse(text)[0]


def parse_value(text: str) -> Any:
    """The data of a value that a command line gives; a ``#`` is a part of it and begins no comment.

    Raises:
        InputError: see `parse_yaml`.
    """
    value, end = _parse(text)
    if text[end:].strip():
        if isinstance(value, dict | list):
            raise InputError(f"nothing may follow the value, got {short(text[end:].strip())}")
        return text
    return value


def parse_texts(text: str) -> list[str]:
    """The texts of a list that a command line gives: one, or several in brackets with commas between them.

    What YAML cannot read is split at its commas, as ``{}`` in "[a photo of {}, a sketch of {}]" is no mapping.

    Raises:
        InputError: a bracket is not closed.
    """
    if not text.startswith("["):
        return [text]
    if not text.rstrip().endswith("]"):
        raise InputError("expected ] at the end of the list")
    try:
        texts = yaml.load(text, _Texts)
    except yaml.YAMLError:
        texts = None
    if isinstance(texts, list) and all(isinstance(each, str) for each in texts):
        return texts
    return [re.sub(r"^(['\"])(.*)\1$", r"\2", part.strip()) for part in text.strip()[1:-1].split(",")]


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        InputError: the file cannot be read, or it holds something else; see `parse_yaml`.
    """
    try:
        if path.is_fifo() or path.is_char_device():  # which may never end
            raise InputError(f"cannot read the config {path}: it is no file")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read the config {path}: it is not UTF-8 text") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read the config {str(path)[:300]}: {reason}") from error
    try:
        data = parse_yaml(text)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a mapping of settings")
    return data


def _parse(text: str) -> tuple[Any, int]:
    """The data of a YAML text, and where it ends."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None, 0
        _measure(node, {}, ())
        return loader.construct_document(node), node.end_mark.index
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise InputError(f"{place}not valid YAML: {problem}") from error


def _measure(node: yaml.Node, known: dict[int, tuple[int, int]], above: tuple[yaml.Node, ...]) -> tuple[int, int]:
    """How many values a node stands for, and how deep they lie in each other."""
    line = f"line {node.start_mark.line + 1}"
    if node in above:
        raise InputError(f"{line}: an alias may not stand for what it lies in")
    if id(node) not in known:
        parts: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            parts = [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            parts = node.value
        inner = [_measure(part, known, (*above, node)) for part in parts]
        known[id(node)] = 1 + sum(size for size, _ in inner), 1 + max((depth for _, depth in inner), default=0)
    size, depth = known[id(node)]
    if size > LARGEST:
        raise InputError(f"{line}: what is written here stands for more than {LARGEST:,} values")
    if depth > DEEPEST + 1:
        raise InputError(f"{line}: more than {DEEPEST} mappings or lists lie in each other")
    return size, depth


def dump_yaml(config: BaseModel) -> str:
    """The config as YAML that reads back as the same config."""
    data = config.model_dump(mode="json", by_alias=True, warnings=False)
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
