"""``limn evaluate``: what a result is taken for."""

from __future__ import annotations

import inspect

from limn.errors import InputError
from pipelines.cli.arguments import options_of
from pipelines.evaluate.recognition import evaluate


def evaluate_result(rest: list[str]) -> None:
    """``limn evaluate FILE_OR_FOLDER [key=value ...]``."""
    if not rest:
        raise InputError("evaluate takes a model, a picture or a run folder")
    known = [name for name in inspect.signature(evaluate).parameters if name != "path"]
    options = options_of(rest[1:], "evaluate", known)
    verdicts = evaluate(rest[0], **options)
    for verdict in verdicts[:10] if options.get("classes", "solids") == "solids" else verdicts:
        print(f"{verdict.probability:6.1%}  {verdict.views:3d} views  {verdict.name}")
