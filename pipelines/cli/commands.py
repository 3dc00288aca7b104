"""The command line: run a config, resume, export, list, schema."""

from __future__ import annotations

import argparse
import inspect
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from guidance import LOSSES
from guidance.augment import AUGMENTATIONS
from guidance.distillation.load import PRIORS
from guidance.encoders import ENCODERS
from limn.errors import InputError
from limn.registry import Registry, suggestion
from pipelines.config.reading import parse_override
from pipelines.config.recipe import RECIPES
from pipelines.config.schema import schema
from pipelines.evaluate.recognition import evaluate
from pipelines.runs.execute import export, resume, run

USAGE = """\
  run.py CONFIG.yaml [key=value ...]   run a config, with settings of your own
  run.py resume FOLDER                 go on with a run that was stopped
  run.py export FOLDER [size=PIXELS]   write the results of a run again, with a PNG of any size
  run.py evaluate MODEL [key=value]   what a model, or that of a run, is recognised as
  run.py list                          recipes and losses
  run.py schema [RECIPE]               JSON schema of the config, for editors"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see run.py --help")


def main(arguments: Sequence[str]) -> int:
    """Runs a command; returns the exit code: 0 done, 2 bad input, 130 aborted."""
    _log_to_stderr()
    parser = _Parser("run.py", usage="\n" + USAGE, description="Limn draws by optimisation.")
    parser.add_argument("command", help="a config, or one of the commands above")
    parser.add_argument("arguments", nargs="*", help="what it takes")
    try:
        parsed = parser.parse_args(list(arguments))
        if parsed.command in COMMANDS:
            COMMANDS[parsed.command](parsed.arguments)
        else:
            _run(parsed.command, parsed.arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has gone: `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except InputError as error:
        print(f"limn: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("limn: aborted", file=sys.stderr)
        return 130
    return 0


def _run(config: str, rest: list[str]) -> None:
    if not Path(config).exists() and "." not in config and "/" not in config:
        raise InputError(f"no config and no command {config!r}{suggestion(config, COMMANDS)}")
    result = run(config, **dict(parse_override(text) for text in rest))
    print(result.folder)


def _resume(rest: list[str]) -> None:
    (folder,) = _exactly(rest, "resume", "a run folder")
    print(resume(folder).folder)


def _export(rest: list[str]) -> None:
    if not rest:
        raise InputError("export takes a run folder")
    options = dict(parse_override(text) for text in rest[1:])
    size = options.pop("size", None)
    if options:
        raise InputError(f"export: unknown option {next(iter(options))!r}; known: size")
    if size is not None and not (type(size) is int and 16 <= size <= 16384):
        raise InputError(f"export: size: expected a number of pixels from 16 to 16384, got {size!r}")
    for file in export(rest[0], size):
        print(file)


def _evaluate(rest: list[str]) -> None:
    if not rest:
        raise InputError("evaluate takes a model or a run folder")
    options = dict(parse_override(text) for text in rest[1:])
    known = [name for name in inspect.signature(evaluate).parameters if name != "path"]
    for name in options:
        if name not in known:
            raise InputError(f"evaluate: unknown option {name!r}{suggestion(name, known)}; known: {', '.join(known)}")
    for name, kind in {"classes": list, "views": int}.items():
        if name in options and not isinstance(options[name], kind):
            raise InputError(f"evaluate: {name}: expected a {kind.__name__}, got {options[name]!r}")
    verdicts = evaluate(rest[0], **options)
    for verdict in verdicts if "classes" in options else verdicts[:10]:
        print(f"{verdict.probability:6.1%}  {verdict.views:3d} views  {verdict.name}")


def _list(rest: list[str]) -> None:
    _exactly(rest, "list")
    _table("recipes", RECIPES)
    _table("losses", LOSSES)
    _table("augmentations", AUGMENTATIONS)
    _table("encoders", ENCODERS)
    _table("priors", PRIORS)


def _table(title: str, registry: Registry[Any]) -> None:
    print(f"{title}:")
    for name in registry.names():
        print(f"  {name:24}{registry.summary(name)}")
    print()


def _schema(rest: list[str]) -> None:
    if len(rest) > 1:
        _exactly(rest, "schema", "at most one recipe")
    print(json.dumps(schema(rest[0] if rest else None), indent=2))


def _exactly(rest: list[str], command: str, *what: str) -> list[str]:
    if len(rest) != len(what):
        raise InputError(f"{command} takes {' and '.join(what) or 'nothing'}, got {' '.join(rest) or 'nothing'}")
    return rest


COMMANDS: dict[str, Callable[[list[str]], None]] = {
    "resume": _resume,
    "export": _export,
    "evaluate": _evaluate,
    "list": _list,
    "schema": _schema,
}


class _AboveTheBar(logging.Handler):
    """Writes lines to stderr without tearing a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        tqdm.write(self.format(record), file=sys.stderr)


def _log_to_stderr() -> None:
    logger = logging.getLogger("limn")
    logger.setLevel(logging.INFO)
    if not any(isinstance(handler, _AboveTheBar) for handler in logger.handlers):
        logger.addHandler(_AboveTheBar())
