"""The report of a run: one page that needs nothing else."""

from __future__ import annotations

import base64
import html
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from limn.files import write_file
from pipelines.loop.contact_sheets import Pixels
from pipelines.loop.optimise import Result
from pipelines.report.curves import curves
from pipelines.report.viewer import viewer
from pipelines.runs.folder import RunFolder

MOMENTS = 60
"""Pictures of the history on the page; more would make it heavy."""


@dataclass(frozen=True)
class ReportData:
    """What the report tells.

    Args:
        folder: of the run.
        result: what came of it.
        finals: the end of each candidate [H, W, 3].
        history: steps done and the picture of the best candidate then.
        metrics: the lines of the metrics file.
        files: what was written of the result so far.
        pictures: further pictures by name.
    """

    folder: RunFolder
    result: Result
    finals: list[Pixels]
    history: list[tuple[int, Pixels]]
    metrics: list[dict[str, Any]]
    files: list[Path]
    pictures: dict[str, Pixels]


def write_report(file: Path, story: ReportData) -> None:
    """Writes the page with everything inside it: no other file, no network."""
    page = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    for name, content in _parts(story).items():
        page = page.replace(f"<!--{name}-->", content)
    write_file(file, page)


def _parts(story: ReportData) -> dict[str, str]:
    config, result = story.folder.config, story.result
    final = story.finals[result.candidate]
    history = [*_thinned(story.history), (result.steps, final)]
    moments = [{"step": step, "src": _picture(pixels)} for step, pixels in history]
    environment = json.loads(story.folder.environment_file.read_text())
    return {
        "title": html.escape(f"{config.name} · {story.folder.path.name}"),
        "name": html.escape(config.name),
        "subtitle": html.escape(_subtitle(story)),
        "drawing": _drawing(story.files, final) + _model(story.files),
        "moments": json.dumps(moments).replace("<", "\\u003c"),
        "animation": _animation(story.files),
        "pictures": _figures(story),
        "facts": _rows(_facts(story)),
        "curves": curves(story.metrics),
        "config": html.escape(story.folder.config_text()),
        "environment": _rows({name: str(value) for name, value in environment.items()}),
    }


def _subtitle(story: ReportData) -> str:
    config = story.folder.config.model_dump(mode="json")
    about = config.get("prompt") or Path(config.get("target") or "").name
    return f"“{about}”" if config.get("prompt") else about


def _facts(story: ReportData) -> dict[str, str]:
    result, total = story.result, story.folder.config.steps
    steps = f"{result.steps}" if result.steps == total else f"{result.steps} of {total}, stopped"
    judged = [f"{value:.4f}" for value in result.eval_losses.tolist()]
    facts = {"steps": steps, "time": f"{result.seconds:.1f} s"}
    if result.steps:
        facts["per step"] = f"{1000 * result.seconds / result.steps:.1f} ms"
    facts["eval loss"] = judged[result.candidate]
    if result.started > 1:
        facts["candidate"] = f"{result.candidate_ids[result.candidate] + 1} of {result.started}"
    if any(result.skipped):
        facts["steps sat out"] = " · ".join(map(str, result.skipped))
    return facts | {"seed": str(story.folder.config.seed)}


def _drawing(files: list[Path], final: Pixels) -> str:
    """The drawing as SVG where there is one; in an <img>, so that its names and styles stay its own."""
    vector = next((file for file in files if file.suffix == ".svg" and file.stem != "animation"), None)
    source = _uri("image/svg+xml", vector.read_bytes()) if vector else _picture(final)
    return f'<img src="{source}" alt="The drawing">'


def _model(files: list[Path]) -> str:
    model = next((file for file in files if file.suffix == ".glb"), None)
    return viewer(model) if model else ""


def _animation(files: list[Path]) -> str:
    animated = next((file for file in files if file.name == "animation.svg"), None)
    return _uri("image/svg+xml", animated.read_bytes()) if animated else ""


def _figures(story: ReportData) -> str:
    """The other pictures of the run: what was given, and every candidate with its judgement."""
    figures = [(name, "", _picture(pixels)) for name, pixels in story.pictures.items()]
    judged = story.result.eval_losses.tolist()
    if len(judged) > 1:
        best_one = story.result.candidate_ids[story.result.candidate]
        for number, pixels, value in zip(story.result.candidate_ids, story.finals, judged, strict=True):
            best = "best" if number == best_one else ""
            figures.append((f"{number + 1} · {value:.4f}", f"{best} of-{number % 6}", _picture(pixels)))
    return "\n".join(
        f'<figure class="{kind}"><img src="{source}" alt="{html.escape(name)}">'
        f"<figcaption>{html.escape(name)}</figcaption></figure>"
        for name, kind, source in figures
    )


def _rows(facts: dict[str, str]) -> str:
    return "".join(f"<div><dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd></div>" for k, v in facts.items())


def _thinned(history: list[tuple[int, Pixels]]) -> list[tuple[int, Pixels]]:
    """At most `MOMENTS` of the pictures, evenly spread."""
    if len(history) <= MOMENTS:
        return history
    return [history[round(n * (len(history) - 1) / (MOMENTS - 1))] for n in range(MOMENTS)]


def _picture(pixels: Pixels) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=85, method=2)
    return _uri("image/webp", buffer.getvalue())


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
