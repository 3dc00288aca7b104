"""``limn evaluate``: what results are worth, or what one of them is taken for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from limn.errors import InputError
from pipelines.cli.arguments import options_of
from pipelines.evaluate.evaluate import evaluate
from pipelines.evaluate.recognition import recognise_result
from pipelines.evaluate.summary import summary_lines

RECOGNISING = {"classes", "caption", "channel", "unknown_words"}
"""Options of a single result that ask what it is taken for."""


def evaluate_results(rest: list[str]) -> None:
    """``limn evaluate RUNS... [key=value ...]``."""
    paths = [text for text in rest if "=" not in text or Path(text).exists()]
    words = [text for text in rest if text not in paths]
    if not paths:
        raise InputError("evaluate takes results: models, pictures, run folders or folders of runs")
    keys = {text.partition("=")[0] for text in words}
    one_file = len(paths) == 1 and not Path(paths[0]).is_dir() and not any(mark in paths[0] for mark in "*?[")
    if "measures" not in keys and (one_file or (len(paths) == 1 and not keys.isdisjoint(RECOGNISING))):
        _recognise(paths[0], words)
        return
    found = evaluate(paths, **options_of(words, "evaluate", _options(evaluate, "paths")))
    print("\n".join(summary_lines(found)))


def _recognise(path: str, words: list[str]) -> None:
    options = options_of(words, "evaluate", _options(recognise_result, "path"))
    verdicts = recognise_result(path, **options)
    for verdict in verdicts[:10] if options.get("classes", "solids") == "solids" else verdicts:
        print(f"{verdict.probability:6.1%}  {verdict.views:3d} views  {verdict.name}")


def _options(function: Callable[..., Any], main: str) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != main]
