"""``limn evaluate``: what results are worth, or what one of them is taken for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from limn.errors import InputError, short
from pipelines.cli.arguments import options_of
from pipelines.evaluate.compare import compare
from pipelines.evaluate.evaluate import evaluate
from pipelines.evaluate.recognition import recognise_result
from pipelines.evaluate.sheets import write_sheets
from pipelines.evaluate.summary import comparison_table, lines, single_table, summary_table, together_table

RECOGNISING = {"classes", "caption", "channel", "unknown_words"}
"""Options of a single result that ask what it is taken for."""


def evaluate_results(rest: list[str]) -> None:
    """``limn evaluate RUNS... [key=value ...]``."""
    paths = [text for text in rest if "=" not in text or Path(text).exists()]
    words = [text for text in rest if text not in paths]
    if not paths:
        raise InputError("evaluate takes results: models, pictures, run folders or folders of runs")
    keys = {text.partition("=")[0] for text in words}
    one = len(paths) == 1 and not any(mark in paths[0] for mark in "*?[")
    file, run = one and not Path(paths[0]).is_dir(), one and (Path(paths[0]) / "artefacts.json").is_file()
    if keys.isdisjoint({"measures", "against"}) and (file or (run and not keys.isdisjoint(RECOGNISING))):
        _recognise(paths[0], words)
    else:
        _evaluate(paths, words)


def _evaluate(paths: list[str], words: list[str]) -> None:
    options = options_of(words, "evaluate", [*_options(evaluate, "paths"), "output"])
    output = options.pop("output", None)
    if not isinstance(output, str | None):
        raise InputError(f"evaluate: output: expected a folder, got {short(output)}")
    against = options.pop("against", [])
    against = [against] if isinstance(against, str) else against
    if not (isinstance(against, list) and all(isinstance(path, str) for path in against)):
        raise InputError(f"evaluate: against: expected results, got {short(against)}")
    found = evaluate(paths, **options, against=against)
    if len(found.subjects) == 1:
        print("\n".join(lines(single_table(found))))
        return
    compared = compare(found) if against else {}
    tables = [summary_table(found, batch) for batch in found.batches]
    tables += [each for each in (together_table(found), comparison_table(compared)) if len(each) > 1]
    print("\n\n".join("\n".join(lines(table)) for table in tables))
    print(write_sheets(output or _place(paths), found, compared))


def _place(paths: list[str]) -> Path:
    """Where the sheets go: into the only folder of runs, else into the working directory."""
    folder = Path(paths[0])
    return folder / "evaluation" if len(paths) == 1 and folder.is_dir() else Path("evaluation")


def _recognise(path: str, words: list[str]) -> None:
    options = options_of(words, "evaluate", _options(recognise_result, "path"))
    verdicts = recognise_result(path, **options)
    for verdict in verdicts[:10] if options.get("classes", "solids") == "solids" else verdicts:
        print(f"{verdict.probability:6.1%}  {verdict.views:3d} views  {verdict.name}")


def _options(function: Callable[..., Any], main: str) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != main]
