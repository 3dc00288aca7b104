"""``limn help``: a short page, and the settings of a pipeline as a table."""

from __future__ import annotations

import json
import shutil
import textwrap
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from limn.errors import InputError
from limn.local_modules import importing_from
from pipelines.cli.main import config_of_command
from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.run_config import RunConfig
from pipelines.config.shipped import shipped_pipelines, summary_of
from pipelines.config.yaml import read_mapping

PAGE = """\
Limn draws by optimisation.

  limn sketch target=photo.jpg        sketch a picture with a few strokes
  limn draw "a red apple"             draw what words say
  limn PIPELINE [key=value ...]       run a pipeline, with settings of your own
  limn CONFIG.yaml [key=value ...]    run a config of your own

  limn help PIPELINE                  the settings of a pipeline
  limn look PIPELINE [key=value ...]  what a run would begin with, as pictures: target, mask, edges, starts
  limn list                           all pipelines and parts
  limn status FOLDER                  what a run is doing
  limn resume FOLDER                  go on with a run that was stopped
  limn export FOLDER [size=PIXELS]    write the results of a run again, with a PNG of any size
  limn batch JOBS.yaml [--dry-run]    many runs from one jobs file; also batch status, pause, resume, retry, cancel
  limn evaluate RUNS...               what results are worth, by measures; or what one is recognised as
  limn caption FILES_OR_FOLDERS       the words that an encoder finds for results
  limn explain FOLDER ["WORDS"]       what of a finished run drives its score: strokes, parts, places, words, heads
  limn statistics FOLDER              what an encoder makes of pictures and captions, for centred and other targets
  limn gallery FOLDER...              all runs in some folders on one page, and as a table
  limn serve FOLDER [port=8000]       the gallery of a folder as a live page, where runs are started and stopped
  limn schema [RECIPE]                JSON schema of the configs, for editors

Pipelines:
"""


def show_help(rest: list[str]) -> None:
    """``limn help [PIPELINE]``."""
    if not rest:
        print(PAGE + "".join(f"  {name:22}{summary_of(file)}\n" for name, file in shipped_pipelines().items()), end="")
        return
    file = config_of_command(rest[0])
    given = read_mapping(file)
    if "recipe" not in given:
        raise InputError(f"{file}: 'recipe' is missing; known: {', '.join(RECIPES.names())}")
    with importing_from([file.resolve().parent]):
        model = config_of(RECIPES.find(str(given["recipe"])))
    print(f"{summary_of(file)}\n")
    rows = [_row(name, field, given, file) for name, field in _ordered(model) if name != "recipe"]
    key, kind, value, source = (max(len(row[column]) for row in rows) for column in range(4))
    widths = min(key, 20), min(kind, 22), min(value, 26), min(source, 16)
    room = max(30, shutil.get_terminal_size((140, 24)).columns - sum(widths) - 8)
    print(_line(("setting", "type", "value", "from", "what it does"), widths, room))
    for row in rows:
        print(_line(row, widths, room))
    if model.main:
        print(f"\nWhat is given without a key is {model.main}. A dot reaches into a section: video.seconds=2")


def _ordered(model: type[RunConfig]) -> list[tuple[str, FieldInfo]]:
    """The fields of the recipe first, then those that all recipes share."""
    shared = RunConfig.model_fields
    return sorted(model.model_fields.items(), key=lambda item: item[0] in shared)


def _row(name: str, field: FieldInfo, given: Mapping[str, Any], file: Path) -> tuple[str, str, str, str, str]:
    if name in given:
        value, source = given[name], file.name
    elif field.is_required():
        value, source = "", "must be given"
    else:
        value, source = field.get_default(call_default_factory=True), "default"
    return name, _kind(field.annotation), _short(value), source, " ".join((field.description or "").split())


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin in (Union, types.UnionType):
        return " | ".join("null" if argument is type(None) else _kind(argument) for argument in arguments)
    if annotation is Path:
        return "path"
    if origin in (list, dict, tuple):
        return "mapping" if origin is dict else "list"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "number" if annotation.__name__ == "Schedule" else "section"
    names = {"str": "text", "int": "integer", "float": "number", "bool": "true | false"}
    return names.get(getattr(annotation, "__name__", ""), "setting")


def _short(value: Any) -> str:
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True, warnings=False)
    if isinstance(value, Path):
        return str(value)
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _line(cells: tuple[str, ...], widths: tuple[int, ...], room: int) -> str:
    *short, text = cells
    columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(short, widths, strict=True)]
    columns.append(textwrap.wrap(text, room) or [""])
    height = max(len(column) for column in columns)
    lines = []
    for number in range(height):
        parts = [column[number] if number < len(column) else "" for column in columns]
        lines.append(
            "  ".join([*(part.ljust(width) for part, width in zip(parts, widths, strict=False)), parts[-1]]).rstrip()
        )
    return "\n".join(lines)
