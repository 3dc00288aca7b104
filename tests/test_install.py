"""Limn without a clone: sdist and wheel are built, the wheel is installed, and its command runs in an empty folder."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("guidance", "limn", "pipelines", "renderers")
ELSEWHERE = ("training", "tests", "benchmarks", "examples")
"""Python code of the repository that is not installed."""
WHOLE = {"pipelines/serve": "serve"}
"""Packages that are imported only where an extra is installed, and the extra."""
COMES_WITH = {"pydantic_core": "pydantic"}
"""Distributions that others pin to one version."""
OPTIONAL = {"nvdiffrast", "pydiffvg"}
"""Other rasterisers, used where they are installed."""

Command = Callable[[str], subprocess.CompletedProcess[str]]


def python(*arguments: str, cwd: Path, program: str | Path = sys.executable) -> subprocess.CompletedProcess[str]:
    """A process that finds only what is installed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run([program, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from what is in the sdist, which is built from a copy of the repository."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    left_out = shutil.ignore_patterns("__pycache__", ".*", "*.egg-info")
    for name in (*PACKAGES, *ELSEWHERE, "configs"):
        shutil.copytree(ROOT / name, source / name, ignore=left_out)
    for name in ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, source)
    build = "from setuptools import build_meta; build_meta.build_sdist('..')"
    sdist = python("-c", build, cwd=source)
    assert sdist.returncode == 0, sdist.stderr
    (archive,) = folder.glob("limn-*.tar.gz")
    pip = ("-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation", archive.name)
    built = python(*pip, cwd=folder)
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("limn-*.whl")
    return found


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel, which borrows the packages that it needs from this one."""
    folder = tmp_path_factory.mktemp("environment")
    assert python("-m", "venv", "--without-pip", ".", cwd=folder).returncode == 0
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = ("-m", "pip", "--python", str(programs / "python"), "install", "--no-deps", "--no-index", str(wheel))
    installed = python(*pip, cwd=folder)
    assert installed.returncode == 0, installed.stderr
    (packages,) = folder.rglob("site-packages")
    # Paths alone: what this environment's own .pth files do, such as an editable install, is not done there.
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    return programs


@pytest.fixture
def limn(environment: Path, tmp_path: Path) -> Command:
    """Runs the installed command in an empty folder."""
    return lambda arguments: python(*arguments.split(), cwd=tmp_path, program=environment / "limn")


def test_the_wheel_holds_the_packages_and_the_shipped_pipelines_alone(wheel: Path) -> None:
    names = [Path(name) for name in ZipFile(wheel).namelist()]
    tops = {name.parts[0] for name in names if not name.parts[0].endswith(".dist-info")}
    assert tops == set(PACKAGES)
    configs = Path("limn/configs")
    shipped = {name.relative_to(configs) for name in names if name.is_relative_to(configs)}
    there = {file.relative_to(ROOT / "configs") for file in (ROOT / "configs").rglob("*.*")}
    assert shipped == {file for file in there if file.suffix not in (".py", ".pyc")}
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.*"):
            if file.suffix in (".py", ".safetensors", ".json", ".webp", ".html", ".js", ".css"):
                assert file.relative_to(ROOT) in names


def test_the_command_answers_in_an_empty_folder(environment: Path, limn: Command, tmp_path: Path) -> None:
    origin = f"import json, {', '.join(PACKAGES)}; print(json.dumps([p.__file__ for p in ({', '.join(PACKAGES)})]))"
    with ThreadPoolExecutor(2) as pool:
        where = pool.submit(python, "-c", origin, cwd=tmp_path, program=environment / "python")
        listed, told, typo, short = pool.map(limn, ["list", "help sketch", "skech", ""])
    files = [Path(file) for file in json.loads(where.result().stdout)]
    assert all(file.is_relative_to(environment.parent) for file in files), files
    assert [answer.returncode for answer in (listed, told, typo, short)] == [0, 0, 2, 0]
    pipelines = {file.stem for file in (ROOT / "configs").glob("*.yaml")}
    section = listed.stdout.partition("\n\n")[0].splitlines()
    assert section[0] == "pipelines:"
    assert {line.split()[0] for line in section[1:]} == pipelines
    assert re.search(r"^target +path +assets/sailboat.png +sketch.yaml", told.stdout, re.MULTILINE)
    assert (typo.stdout, typo.stderr) == ("", "limn: no pipeline, config or command 'skech'; did you mean 'sketch'?\n")
    assert all(name in short.stdout for name in pipelines)
    assert not any(tmp_path.iterdir())


def test_it_sketches_the_picture_that_it_brings(limn: Command, tmp_path: Path) -> None:
    sketch = limn("sketch steps=3 best_of=1 strokes=4")
    assert sketch.returncode == 0, sketch.stderr
    folder = Path(sketch.stdout.strip())
    assert folder.parent == tmp_path / "outputs" / "sketch"
    assert (folder / "drawing.svg").read_text().count("<path") == 4
    assert (folder / "report.html").is_file()


def test_everything_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = names_of(project["dependencies"])
    extras = project["optional-dependencies"]
    extra = names_of(need for name in extras.keys() - {"test", "dev"} for need in extras[name])
    providers = packages_distributions()
    whole = {ROOT / folder: names_of(extras[name]) for folder, name in WHOLE.items()}
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for module, lazy in imports_of(tree):
                if module in sys.stdlib_module_names or module in PACKAGES or (lazy and module in OPTIONAL):
                    continue
                found = names_of(COMES_WITH.get(module, name) for name in providers.get(module, [module]))
                known = needed | extra if lazy else needed | whole.get(file.parent, set())
                assert found & known, f"{file} imports {module}"


def names_of(requirements: Iterable[str]) -> set[str]:
    """Distributions without versions, as they are compared."""
    return {re.split(r"[^\w.-]", text)[0].lower().replace("_", "-") for text in requirements}


def imports_of(tree: ast.Module) -> list[tuple[str, bool]]:
    """The top packages that a module imports, and whether only a function does."""
    inside = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name.partition(".")[0], id(node) in inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((str(node.module).partition(".")[0], id(node) in inside))
    return found
