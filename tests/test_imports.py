"""The shape of the source: who may import whom, and how long a file may be."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
RANKS = {"limn": 0, "renderers": 1, "guidance": 1, "pipelines": 2}
"""A package imports itself and those of a lower rank."""


@cache
def files() -> dict[str, Path]:
    """Every module by its name."""
    found = {}
    for package in RANKS:
        for file in (ROOT / package).rglob("*.py"):
            *folders, stem = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(folders if stem == "__init__" else [*folders, stem])] = file
    return found


@cache
def imports() -> dict[str, set[str]]:
    """The modules that each module names in imports, inside functions and for types as well."""
    graph = {}
    for module, file in files().items():
        named: set[str] = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}: relative import"
                parts = {f"{node.module}.{alias.name}" for alias in node.names}
                named |= parts & files().keys() or {str(node.module)}
        graph[module] = named & files().keys()
    return graph


def circle_from(start: str) -> list[str] | None:
    """The shortest way from a module's imports back to it."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for module in sorted(imports()[way[-1]]):
            if module == start:
                return [*way, start]
            if module not in seen:
                seen.add(module)
                ways.append([*way, module])
    return None


@pytest.mark.parametrize("package", RANKS)
def test_no_circular_imports(package: str) -> None:
    circles = [circle for module in files() if module.split(".")[0] == package and (circle := circle_from(module))]
    assert not circles, " -> ".join(circles[0])


@pytest.mark.parametrize("package", RANKS)
def test_packages_import_only_what_lies_below(package: str) -> None:
    for module, named in imports().items():
        if module.split(".")[0] == package:
            for other in named:
                top = other.split(".")[0]
                assert top == package or RANKS[top] < RANKS[package], f"{module} imports {other}"


def test_folders_import_each_other_one_way() -> None:
    """As files do: the folders of a package have no circle either."""
    edges: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for module, named in imports().items():
        here = tuple(module.split(".")[:2])
        there = {tuple(other.split(".")[:2]) for other in named if other.split(".")[0] == here[0]}
        edges.setdefault(here, set()).update(folder for folder in there if (ROOT / Path(*folder)).is_dir())
    for folder in [folder for folder in edges if (ROOT / Path(*folder)).is_dir()]:
        back = [other for other in edges[folder] - {folder} if folder in edges.get(other, set())]
        assert not back, f"{folder} and {back} import each other"


def test_files_are_short() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in files().values()}
    assert median(lengths.values()) < 120
    assert {file: length for file, length in lengths.items() if length > 400} == {}
