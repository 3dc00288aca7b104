"""Every public path is a `Path` or text."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from guidance.distillation.exemplars.pictures import read_sheet
from guidance.pocket.prior.memory import Memory
from pipelines import read_config
from pipelines.inputs.pictures import read_picture
from pipelines.loop.callbacks import read_metrics
from pipelines.report.video import write_gif
from renderers import Strokes, parse_svg, read_svg
from renderers.fields.pictures.pixel_image import PixelImage
from renderers.mesh import Mesh, read_mesh, write_glb, write_obj, write_ply
from renderers.strokes.glyphs import read_glyphs

ROOT = Path(__file__).parents[1]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><circle cx="4" cy="4" r="3"/></svg>'
TRIANGLE = Mesh(torch.eye(3), torch.tensor([[0, 1, 2]], dtype=torch.int32))
FONT = ROOT / "configs" / "assets" / "DejaVuSans-Bold.ttf"
SHEET = next((ROOT / "guidance" / "distillation" / "exemplars").glob("*.webp"))


def svg(folder: Path) -> Path:
    (folder / "drawing.svg").write_text(SVG)
    return folder / "drawing.svg"


def obj(folder: Path) -> Path:
    return write_obj(folder / "model.obj", TRIANGLE)[0]


def picture(folder: Path) -> Path:
    Image.new("RGB", (4, 3), "red").save(folder / "picture.png")
    return folder / "picture.png"


def config(folder: Path) -> Path:
    (folder / "run.yaml").write_text("recipe: draw\nprompt: a frog\n")
    return folder / "run.yaml"


def metrics(folder: Path) -> Path:
    (folder / "metrics.jsonl").write_text('{"step": 1}\n')
    return folder / "metrics.jsonl"


READERS: dict[str, tuple[Callable[[Any], Any], Callable[[Path], Path]]] = {
    "drawing": (lambda path: read_svg(path).scene.points.tolist(), svg),
    "mesh": (lambda path: read_mesh(path).vertices.tolist(), obj),
    "picture": (lambda path: np.asarray(read_picture(path)).tolist(), picture),
    "config": (lambda path: read_config(path).model_dump(), config),
    "metrics": (read_metrics, metrics),
    "font": (lambda path: len(read_glyphs(path, "AB")), lambda folder: FONT),
    "sheet": (lambda path: read_sheet(path).captions, lambda folder: SHEET),
}


@pytest.mark.parametrize("name", READERS)
def test_readers_take_text(name: str, tmp_path: Path) -> None:
    read, make = READERS[name]
    path = make(tmp_path)
    assert read(str(path)) == read(path)


def strokes() -> Strokes:
    return Strokes(parse_svg(SVG).scene, {})


WRITERS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "glb": (lambda path: write_glb(path, TRIANGLE), "model.glb"),
    "obj": (lambda path: write_obj(path, TRIANGLE), "model.obj"),
    "ply": (lambda path: write_ply(path, TRIANGLE), "model.ply"),
    "drawing": (lambda path: strokes().artefacts(path), "drawing"),
    "pixels": (lambda path: PixelImage(torch.zeros(1, 3, 4, 4), 0.1).artefacts(path), "pixels"),
    "film": (lambda path: write_gif(path, [np.zeros((4, 4, 3), np.uint8)] * 2, 5), "film.gif"),
    "memory": (lambda path: Memory(torch.zeros(2, 4, 8, 8), 3).save(path), "memory"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_writers_take_text(name: str, tmp_path: Path) -> None:
    write, file = WRITERS[name]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    write(tmp_path / "a" / file)
    write(str(tmp_path / "b" / file))
    made = {path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*")}
    assert made == {path.relative_to(tmp_path / "b") for path in (tmp_path / "b").rglob("*")}
    assert made


def exported() -> Iterator[str]:
    """The names that packages offer."""
    for package in ("limn", "renderers", "guidance", "pipelines"):
        for file in (ROOT / package).rglob("__init__.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom):
                    yield from (alias.name for alias in node.names)


def test_no_exported_function_takes_only_paths() -> None:
    names, found = set(exported()), []
    for package in ("limn", "renderers", "guidance", "pipelines"):
        for file in (ROOT / package).rglob("*.py"):
            body = ast.parse(file.read_text(encoding="utf-8")).body
            classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name in names]
            functions = [node for node in body if isinstance(node, ast.FunctionDef) and node.name in names]
            # What a renderer of one's own is given by runs is a Path.
            methods = [node for part in classes if part.name != "Renderer" for node in part.body]
            for node in [*functions, *(node for node in methods if isinstance(node, ast.FunctionDef))]:
                for argument in [*node.args.args, *node.args.kwonlyargs]:
                    annotation = ast.unparse(argument.annotation) if argument.annotation else ""
                    if annotation.split(" |")[0] in ("Path", "FilePath") and "str" not in annotation:
                        found.append(f"{file}: {node.name}({argument.arg})")
    assert found == []
