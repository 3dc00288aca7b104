"""The report of a run: one page that needs nothing else."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from limn.artefact import Artefact
from limn.files import write_file
from pipelines.loop.contact_sheets import ByteImage
from pipelines.report.curves import curves
from pipelines.report.data import Moment, ReportData, StageReport
from pipelines.report.sections import sections
from pipelines.report.viewer import viewer

STYLE = Path(__file__).parent / "style.css"
"""Colours and controls, which other pages share."""

MOMENTS = 60
"""Pictures of the history on the page; more would make it heavy."""


def write_report(file: str | Path, data: ReportData) -> Path:
    """Writes the page with everything inside it: no other file, no network."""
    page = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    for name, content in _parts(data).items():
        page = page.replace(f"<!--{name}-->", content)
    return write_file(file, page)


def with_explanation(page: str, content: str) -> str | None:
    """A report with an explanation of its result in it, in place of an earlier one; None where it has no place for it.

    Args:
        page: the report.
        content: HTML that needs nothing else.
    """
    begin, end = "<!-- explanation -->", "<!-- /explanation -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    return f"{before}{begin}{content}{end}{after}" if found and ended else None


def _parts(data: ReportData) -> dict[str, str]:
    final = data.finals[data.result.candidate]
    moments = [
        {"label": f"{moment.stage} step {moment.step}".strip(), "src": _picture(moment.picture)}
        for moment in _thinned(data.moments)
    ]
    return {
        "style": STYLE.read_text(encoding="utf-8").strip(),
        "title": html.escape(f"{data.config.name} · {data.name}"),
        "name": html.escape(data.config.name),
        "subtitle": html.escape(_subtitle(data)),
        "notes": "".join(f"<p>{html.escape(note)}</p>" for note in data.notes),
        "drawing": _drawing(data.first("drawing"), final) + _model(data.first("model")),
        "moments": json.dumps(moments).replace("<", "\\u003c"),
        "turntables": _turntables(data),
        "animation": _animation(data.first("animation")),
        "pictures": _figures(data),
        "facts": _rows(_facts(data)),
        "curves": _curves(data.stages),
        "sections": sections(data),
        "config": html.escape(data.config_text),
        "environment": _rows(data.environment),
    }


def _subtitle(data: ReportData) -> str:
    config = data.config.model_dump(mode="json", warnings=False)
    about = config.get("prompt") or Path(config.get("target") or "").name
    return f"“{about}”" if config.get("prompt") else about


def _facts(data: ReportData) -> dict[str, str]:
    result, facts = data.result, {}
    for stage in data.stages:
        done, seconds = stage.result.steps, stage.result.seconds
        facts[f"{stage.name} steps".strip()] = f"{done}" if done == stage.steps else f"{done} of {stage.steps}, stopped"
        facts[f"{stage.name} time".strip()] = f"{seconds:.1f} s"
        if done:
            facts[f"{stage.name} per step".strip()] = f"{1000 * seconds / done:.1f} ms"
    facts["eval loss"] = f"{float(result.eval_losses[result.candidate]):.4f}"
    if result.started > 1:
        facts["candidate"] = f"{result.candidate_ids[result.candidate] + 1} of {result.started}"
    if any(result.skipped):
        facts["skipped steps"] = " · ".join(map(str, result.skipped))
    return {**facts, **data.facts, "seed": str(data.config.seed)}


def _curves(stages: Sequence[StageReport]) -> str:
    if len(stages) == 1:
        return curves(stages[0].metrics)
    return "\n".join(f"<h3>{html.escape(stage.name)}</h3>{curves(stage.metrics)}" for stage in stages)


def _drawing(drawing: Artefact | None, final: ByteImage) -> str:
    """The drawing as SVG where there is one; in an <img>, so that its names and styles stay its own."""
    source = _uri("image/svg+xml", drawing.path.read_bytes()) if drawing else _picture(final)
    return f'<img src="{source}" alt="The result">'


def _model(model: Artefact | None) -> str:
    return viewer(model.path) if model else ""


def _animation(animation: Artefact | None) -> str:
    return _uri("image/svg+xml", animation.path.read_bytes()) if animation else ""


def _figures(data: ReportData) -> str:
    """The other pictures of the run: what was given, and every candidate with its eval loss."""
    figures = [(name, "", _picture(pixels)) for name, pixels in data.pictures.items()]
    result = data.result
    if len(result.candidate_ids) > 1:
        best_one = result.candidate_ids[result.candidate]
        for number, pixels, value in zip(result.candidate_ids, data.finals, result.eval_losses.tolist(), strict=True):
            best = "best" if number == best_one else ""
            figures.append((f"{number + 1} · {value:.4f}", f"{best} of-{number % 6}", _picture(pixels)))
    return "\n".join(
        f'<figure class="{kind}"><img src="{source}" alt="{html.escape(name)}">'
        f"<figcaption>{html.escape(name)}</figcaption></figure>"
        for name, kind, source in figures
    )


def _turntables(data: ReportData) -> str:
    """The films once around the result, each in the first of its formats."""
    films = {film.label: film for film in reversed(data.artefacts) if film.kind == "turntable"}
    figures = "".join(_film(film) for film in reversed(films.values()))
    return f'<section class="turntables">{figures}</section>' if figures else ""


def _film(film: Artefact) -> str:
    content, label = film.path.read_bytes(), html.escape(film.label)
    if film.path.suffix == ".gif":
        shown = f'<img src="{_uri("image/gif", content)}" alt="{label}">'
    else:
        shown = f'<video src="{_uri("video/mp4", content)}" autoplay loop muted playsinline></video>'
    return f"<figure>{shown}<figcaption>{label}</figcaption></figure>"


def _rows(facts: Mapping[str, str]) -> str:
    return "".join(f"<div><dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd></div>" for k, v in facts.items())


def _thinned(moments: Sequence[Moment]) -> Sequence[Moment]:
    """At most `MOMENTS` pictures of the history, evenly spread, and the end."""
    *history, end = moments
    if len(history) > MOMENTS:
        history = [history[round(n * (len(history) - 1) / (MOMENTS - 1))] for n in range(MOMENTS)]
    return [*history, end]


def _picture(pixels: ByteImage) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=85, method=2)
    return _uri("image/webp", buffer.getvalue())


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
