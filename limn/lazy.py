"""Lazy packages: names are imported when they are asked for (PEP 562), so that a package costs only what is used."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any


def lazy_names(package: str) -> tuple[Callable[[str], Any], list[str]]:
    """``__getattr__`` and ``__all__`` of a package whose ``__init__.py`` imports its names under ``TYPE_CHECKING``.

        if TYPE_CHECKING:
            from guidance.loss import Loss as Loss

        __getattr__, __all__ = lazy_names(__name__)

    Args:
        package: its name.
    """
    file = sys.modules[package].__file__
    assert file is not None
    places = _places(ast.parse(Path(file).read_text(encoding="utf-8")))

    class Package(ModuleType):
        """Keeps a name that is also that of a file of the package: the import of the file would take it."""

        def __setattr__(self, name: str, value: Any) -> None:
            if not (name in places and isinstance(value, ModuleType)):
                super().__setattr__(name, value)

    def find(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(places[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    sys.modules[package].__class__ = Package
    return find, sorted(places)


def _places(tree: ast.Module) -> dict[str, str]:
    """Name -> module, of the imports under ``if TYPE_CHECKING``."""
    blocks = [node.body for node in tree.body if isinstance(node, ast.If)]
    imports = [line for block in blocks for line in block if isinstance(line, ast.ImportFrom)]
    return {alias.name: str(line.module) for line in imports for alias in line.names}
