"""Explanations: what of a finished run drives its score."""

from __future__ import annotations

import html
import logging
from pathlib import Path

import torch
from torch import Tensor

from guidance import load_encoder
from limn.errors import InputError
from limn.files import make_folder, write_file
from pipelines.evaluate.subject import Subject, subject_of
from pipelines.explain.figure import Figure
from pipelines.explain.heads import heads_of
from pipelines.explain.page import content_of, write_page
from pipelines.explain.parts import VIEWS, worth_of_parts
from pipelines.explain.places import heat_of, words_by_places
from pipelines.explain.score import Score
from pipelines.explain.strokes import strokes_of
from pipelines.report.page import with_explanation
from pipelines.runs.folder import RunFolder
from pipelines.runs.status import read_status

logger = logging.getLogger("limn")


def explain(path: str | Path, words: str = "", encoder: str = "") -> Path:
    """Writes what drives the score of a run, as pictures, tables and a page, and shows it in the run's report.

    Args:
        path: the folder of a finished run of a drawing, a picture or a model.
        words: that the result is compared with; the prompt of the run unless given.
        encoder: that compares; that of the run unless given.

    Returns:
        The page, in the folder ``explanation`` of the run.

    Raises:
        InputError: no run folder, a run that is not finished, no words, or an encoder that knows none.
    """
    folder = RunFolder.open(Path(path))
    state = read_status(folder.path).state
    if state != "done":
        raise InputError(f"explain: {path} is {state}; expected a finished run, see: limn resume {path}")
    subject = subject_of(folder.path)
    if subject.main.kind not in ("drawing", "picture", "model"):
        raise InputError(f"explain: {path} is a {subject.main.kind}; expected a drawing, a picture or a model")
    words = " ".join((words or subject.prompt).split())
    if not words:
        raise InputError(f'explain: {path} has no prompt; give words, like: limn explain {path} "a red apple"')
    config = folder.config
    own = not encoder or encoder == config.encoder
    size = config.encoder_size if own else None
    score = Score.of(load_encoder(encoder or config.encoder, precision="float32", size=size), words)
    with folder.at_work(), folder.staging() as stage:
        place = make_folder(stage / "explanation")
        figures = _figures(place, subject, score)
        title = f"What drives “{words}” for {score.encoder.name}"
        write_page(place / "explanation.html", title, figures)
        _into_report(folder.path / "report.html", stage, title, figures)
    return folder.path / "explanation" / "explanation.html"


def _figures(folder: Path, subject: Subject, score: Score) -> list[Figure]:
    pictures = subject.pictures(VIEWS)
    best = _best(score, pictures)
    figures = []
    if subject.main.kind == "drawing":
        figures.append(strokes_of(folder, score, subject.main.path, subject.seed))
    elif subject.main.kind == "model":
        figures.append(worth_of_parts(folder, score, subject.main.path, subject.seed))
    figures.append(heat_of(folder, score, pictures))
    for make in (words_by_places, heads_of):
        try:
            figures.append(make(folder, score, best))
        except InputError as error:  # an encoder may be closed to one of them
            logger.warning("%s: %s", make.__name__, error)
    return figures


def _into_report(report: Path, stage: Path, title: str, figures: list[Figure]) -> None:
    """Writes the report of the run again, with the explanation in it."""
    try:
        page = report.read_text(encoding="utf-8")
    except (OSError, ValueError):
        page = ""
    content = f"<h2>{html.escape(title)}</h2><section>{content_of(figures)}</section>"
    if (found := with_explanation(page, content)) is None:
        logger.warning("%s has no place for the explanation, which is a page of its own", report)
    else:
        write_file(stage / report.name, found)


@torch.no_grad()
def _best(score: Score, pictures: Tensor) -> Tensor:
    """The picture that is most like the words [3, H, W]."""
    return pictures[score(pictures).argmax()]
