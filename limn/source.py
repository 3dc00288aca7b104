"""Source: what modules define, read from their text, so that a question costs no import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Definition:
    """Where a name is defined.

    Args:
        module: that defines it.
        node: a class, a function, or the value of an assignment.
    """

    module: str
    node: ast.AST


def definition(module: str, name: str) -> Definition | None:
    """What a name of a module stands for, through imports from other modules; None where the source does not tell."""
    if module.partition(".")[0] in sys.stdlib_module_names:
        return None
    for node in _statements(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return Definition(module, node)
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return definition(node.module, alias.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if value is not None and any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return Definition(module, value)
    return None


def bases(found: Definition) -> list[Definition | None]:
    """The classes that a class derives from; None for those whose source does not tell."""
    nodes = [base.value if isinstance(base, ast.Subscript) else base for base in getattr(found.node, "bases", [])]
    return [definition(found.module, node.id) if isinstance(node, ast.Name) else None for node in nodes]


def arguments(found: Definition) -> dict[str, ast.expr | None] | None:
    """The named arguments of a class's constructor, or of a function, and their annotations; None for anything else."""
    if isinstance(found.node, ast.FunctionDef):
        given = found.node.args
        return {argument.arg: argument.annotation for argument in (*given.args, *given.kwonlyargs)}
    if not isinstance(found.node, ast.ClassDef):
        return None
    for node in found.node.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            own = arguments(Definition(found.module, node)) or {}
            return dict(list(own.items())[1:])
    for base in bases(found):
        inherited = arguments(base) if base is not None else None
        if inherited:
            return inherited
    return {}


def source_of(module: str) -> Path | None:
    """The file of a module, found without importing the packages above it."""
    top, *rest = module.split(".")
    spec = find_spec(top)
    if spec is None or spec.origin is None:
        return None
    stem = Path(spec.origin).parent.joinpath(*rest) if rest else Path(spec.origin)
    files = (stem, stem.with_suffix(".py"), stem / "__init__.py")
    return next((file for file in files if file.is_file()), None)


@cache
def _tree(module: str) -> ast.Module:
    file = source_of(module)
    return ast.parse(file.read_text(encoding="utf-8") if file else "")


def _statements(module: str) -> Iterator[ast.stmt]:
    """The statements at the top of a module, those for type checkers included."""
    for node in _tree(module).body:
        yield from node.body if isinstance(node, ast.If) else [node]
