"""evaluate: measures results, each by its kind."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from limn.ranges import Views
from limn.settings import checked
from pipelines.evaluate.chosen import Chosen, by_kind, read_measures
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.judges import check_judge
from pipelines.evaluate.measure import Reading
from pipelines.evaluate.subject import Subject, subjects_of
from pipelines.runs.record import FILE, write_evaluation
from renderers.solids import captions

logger = logging.getLogger("limn")

Better = Literal["higher", "lower"]


@dataclass
class Evaluation:
    """What was measured.

    Args:
        subjects: the results, those of the first batch first.
        first: how many the first batch has.
        readings: of each result, by the label of the measure; only what applies to it.
        together: of the results of each batch as a whole, by the label of the measure.
        better: number -> whether more or less of it is better, where that is known.
        made_by: label -> what made its numbers: the name of the measure, its settings and encoders.
    """

    subjects: Sequence[Subject]
    first: int
    readings: list[dict[str, Reading]] = field(default_factory=list)
    together: list[Reading] = field(default_factory=list)
    better: dict[str, Better] = field(default_factory=dict)
    made_by: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.readings = [{} for _ in self.subjects]
        self.together = [{} for _ in self.batches]

    @property
    def batches(self) -> list[range]:
        """The numbers of the results of each batch, one or two."""
        ends = range(self.first), range(self.first, len(self.subjects))
        return [numbers for numbers in ends if len(numbers)]

    def numbers(self) -> dict[str, list[float | None]]:
        """Each number of every result, None where it does not apply."""
        rows = [self.row(number) for number in range(len(self.subjects))]
        names = dict.fromkeys(name for row in rows for name, value in row.items() if not isinstance(value, str))
        return {name: [None if (value := row.get(name)) is None else float(value) for row in rows] for name in names}

    def row(self, number: int) -> Reading:
        """All that was measured of one result."""
        return {name: value for reading in self.readings[number].values() for name, value in reading.items()}


def evaluate(
    paths: Sequence[str | Path],
    measures: Any = None,
    encoder: str = "pocket-judge",
    views: Views = 8,
    classes: list[str] | Literal["solids"] = [],  # noqa: B006
    judge: Literal["other", "any"] = "other",
    against: Sequence[str | Path] = (),
) -> Evaluation:
    """Measures results, each by its kind, and writes ``evaluation.json`` into the folders of runs.

    Args:
        paths: run folders, folders of runs, files; names may have wildcards.
        measures: names of `MEASURES`, with settings where wanted, see `read_measures`; all that apply unless given.
        encoder: the judge of measures that need one.
        views: of models, 1 to 256.
        classes: names to choose from, or ``solids`` for those of the world of solids.
        judge: ``other`` refuses an encoder that a run was optimised against, ``any`` takes it.
        against: a second batch, to be compared with the first; both are measured among each other.

    Raises:
        InputError: there is nothing to evaluate, no such measure, or a judge that was optimised against.
    """
    settings = {"encoder": encoder, "views": views, "classes": classes, "judge": judge}
    checked(evaluate, settings, "evaluate", ["paths", "measures", "against"])
    names = captions() if classes == "solids" else list(classes)
    chosen = by_kind(names) if measures is None else read_measures(measures)
    subjects = subjects_of(paths)
    found = Evaluation([*subjects, *(subjects_of(against) if against else [])], len(subjects))
    applying = {each.label: _which(each, found.subjects) for each in chosen}
    for each in chosen:
        if not applying[each.label] and measures is not None:
            logger.warning("%s applies to none of the results", each.label)
        if judge == "other":
            for name in each.judges(encoder).values():
                check_judge(name, [found.subjects[number] for number in applying[each.label]])
    judges: dict[str, Judge] = {}

    def judge_of(name: str) -> Judge:
        if name not in judges:
            judges[name] = Judge(name, views)
        return judges[name]

    for each in chosen:
        if applying[each.label]:
            logger.info("%s of %d results", each.label, len(applying[each.label]))
            _measure(found, each, applying[each.label], each.make(encoder, judge_of, names))
            found.made_by[each.label] = each.described(encoder)
    for subject, made in zip(found.subjects, found.readings, strict=True):
        if subject.folder is not None:
            write_evaluation(subject.path / FILE, made, found.made_by)
    return found


def _which(chosen: Chosen, subjects: Sequence[Subject]) -> list[int]:
    return [number for number, subject in enumerate(subjects) if chosen.maker.applies(subject)]


def _measure(found: Evaluation, chosen: Chosen, which: Sequence[int], measure: Any) -> None:
    """Adds what a measure says of the results to which it applies."""
    for number, reading in zip(which, measure.of_each([found.subjects[n] for n in which]), strict=True):
        if reading:
            found.readings[number][chosen.label] = {chosen.named(name): value for name, value in reading.items()}
    for batch, together in zip(found.batches, found.together, strict=True):
        common = measure.together([found.subjects[number] for number in which if number in batch])
        together.update({chosen.named(name): value for name, value in common.items()})
    found.better |= {chosen.named(name): "higher" for name in chosen.maker.higher}
    found.better |= {chosen.named(name): "lower" for name in chosen.maker.lower}
