"""evaluate: measures results, each by its kind."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from limn.components import plain
from limn.ranges import Views
from limn.settings import checked
from pipelines.evaluate.chosen import Chosen, by_kind, read_measures
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.judges import check_judge
from pipelines.evaluate.measure import Reading
from pipelines.evaluate.record import FILE, write_evaluation
from pipelines.evaluate.subject import Subject, subjects_of
from renderers.solids import captions

logger = logging.getLogger("limn")

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Args:
        subjects: the results.
        readings: of each result, by the label of the measure; only what applies to it.
        together: of all results that a measure applies to, by its label.
        better: number -> whether more or less of it is better, where that is known.
        made_by: label -> what made its numbers: the name of the measure, its settings and encoders.
    """

    subjects: Sequence[Subject]
    readings: Sequence[Mapping[str, Reading]]
    together: Mapping[str, Reading]
    better: Mapping[str, Better]
    made_by: Mapping[str, Mapping[str, Any]]

    def numbers(self) -> dict[str, list[float | None]]:
        """Each number of every result, None where it does not apply."""
        rows = [{k: v for reading in each.values() for k, v in reading.items()} for each in self.readings]
        names = dict.fromkeys(name for row in rows for name, value in row.items() if not isinstance(value, str))
        return {name: [None if (value := row.get(name)) is None else float(value) for row in rows] for name in names}


def evaluate(
    paths: Sequence[str | Path],
    measures: Any = None,
    encoder: str = "pocket-judge",
    views: Views = 8,
    classes: list[str] | Literal["solids"] = [],  # noqa: B006
    judge: Literal["other", "any"] = "other",
) -> Evaluation:
    """Measures results, each by its kind, and writes ``evaluation.json`` into the folders of runs.

    Args:
        paths: run folders, folders of runs, files; names may have wildcards.
        measures: names of `MEASURES`, with settings where wanted, see `read_measures`; all that apply unless given.
        encoder: the judge of measures that need one.
        views: of models, 1 to 256.
        classes: names to choose from, or ``solids`` for those of the world of solids.
        judge: ``other`` refuses an encoder that a run was optimised against, ``any`` takes it.

    Raises:
        InputError: there is nothing to evaluate, no such measure, or a judge that was optimised against.
    """
    settings = {"encoder": encoder, "views": views, "classes": classes, "judge": judge}
    checked(evaluate, settings, "evaluate", ["paths", "measures"])
    names = captions() if classes == "solids" else list(classes)
    chosen = by_kind(names) if measures is None else read_measures(measures)
    subjects = subjects_of(paths)
    if judge == "other":
        _check_judges(chosen, subjects, encoder)
    judges: dict[str, Judge] = {}

    def judge_of(name: str) -> Judge:
        if name not in judges:
            judges[name] = Judge(name, views)
        return judges[name]

    readings: list[dict[str, Reading]] = [{} for _ in subjects]
    together: dict[str, Reading] = {}
    better: dict[str, Better] = {}
    made_by: dict[str, dict[str, Any]] = {}
    for each in chosen:
        which = [number for number, subject in enumerate(subjects) if each.maker.applies(subject)]
        if not which:
            if measures is not None:
                logger.warning("%s applies to none of the results", each.label)
            continue
        measure = each.make(encoder, judge_of, names)
        applicable = [subjects[number] for number in which]
        for number, reading in zip(which, measure.of_each(applicable), strict=True):
            if reading:
                readings[number][each.label] = {each.named(name): value for name, value in reading.items()}
        if common := measure.together(applicable):
            together[each.label] = {each.named(name): value for name, value in common.items()}
        better |= {each.named(name): "higher" for name in each.maker.higher}
        better |= {each.named(name): "lower" for name in each.maker.lower}
        made_by[each.label] = {"measure": each.name, **plain(dict(each.settings)), **each.judges(encoder)}
    found = Evaluation(subjects, readings, together, better, made_by)
    for subject, made in zip(subjects, readings, strict=True):
        if subject.folder is not None:
            write_evaluation(subject.path / FILE, made, made_by)
    return found


def _check_judges(chosen: Sequence[Chosen], subjects: Sequence[Subject], encoder: str) -> None:
    for each in chosen:
        applicable = [subject for subject in subjects if each.maker.applies(subject)]
        for name in each.judges(encoder).values():
            check_judge(name, applicable)
