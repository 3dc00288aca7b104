"""The page of an evaluation: tables, distributions, the best and the worst results; it needs no other file."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from limn.errors import InputError
from limn.files import write_file
from pipelines.evaluate.compare import Comparison
from pipelines.evaluate.evaluate import Evaluation
from pipelines.evaluate.plots import histogram, intervals
from pipelines.evaluate.retrieval import from_above
from pipelines.evaluate.subject import Subject
from pipelines.evaluate.summary import Table, comparison_table, shown, summary_table, together_table
from pipelines.loop.contact_sheets import to_bytes
from pipelines.report.page import STYLE

ENDS = 4
"""The best and the worst results that are shown of each number."""

SIDE = 128
"""Of their pictures, in pixels."""

KEY = '<span class="key">first</span><span class="key second">second</span>'


def write_page(file: Path, found: Evaluation, compared: Mapping[str, Comparison], title: str) -> Path:
    """Writes the page."""
    pictures: dict[Subject, str] = {}
    text = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    names = ["", ""] if len(found.batches) == 1 else [": first", ": second"]
    parts = {
        "style": STYLE.read_text(encoding="utf-8").strip(),
        "title": html.escape(title),
        "about": html.escape(f"{len(found.subjects)} results, {len(found.numbers())} numbers of each at most"),
        "comparison": _comparison(compared) if compared else "",
        "summaries": "".join(
            _section(f"Summary{name}", _table(summary_table(found, batch)))
            for name, batch in zip(names, found.batches, strict=False)
        ),
        "together": _section("As a whole", _table(rows)) if len(rows := together_table(found)) > 1 else "",
        "measures": "\n".join(_measure(found, name, pictures) for name in _varying(found)),
        "made_by": html.escape(json.dumps(found.made_by, indent=1, ensure_ascii=False)),
    }
    for name, content in parts.items():
        text = text.replace(f"<!--{name}-->", content)
    return write_file(file, text)


def _varying(found: Evaluation) -> list[str]:
    """The numbers that are not the same for all results."""
    return [name for name, column in found.numbers().items() if len(set(column) - {None}) > 1]


def _comparison(compared: Mapping[str, Comparison]) -> str:
    about = (
        "Pairs of the same prompt or target and seed; intervals and p by the paired bootstrap, each number by itself."
    )
    plot = intervals("difference over the standard deviation of differences, and its 95 % interval", compared)
    return _section(
        "First against second", f'<p>{about}</p>{_table(comparison_table(compared))}<div class="wide">{plot}</div>'
    )


def _measure(found: Evaluation, name: str, pictures: dict[Subject, str]) -> str:
    """The distribution of a number, and the results at its ends."""
    column = found.numbers()[name]
    batches = [[value for number in batch if (value := column[number]) is not None] for batch in found.batches]
    plot = histogram("how many results have which value", batches)
    order = sorted((value, number) for number, value in enumerate(column) if value is not None)
    better = found.better.get(name)
    if better == "higher":
        order.reverse()
    ends = [("best", order[:ENDS]), ("worst", order[::-1][:ENDS])] if better else []
    shelves = "".join(
        f'<figcaption>{title}</figcaption><div class="pictures">'
        + "".join(_result(found, number, value, pictures) for value, number in some)
        + "</div>"
        for title, some in ends
    )
    key = KEY if len(found.batches) > 1 else ""
    heading = f"{html.escape(name)}{f', {better} is better' if better else ''}"
    return f'<h3>{heading}</h3><div class="measure"><div>{plot}{key}</div><div>{shelves}</div></div>'


def _result(found: Evaluation, number: int, value: float, pictures: dict[Subject, str]) -> str:
    subject = found.subjects[number]
    if subject not in pictures:
        pictures[subject] = _picture(subject)
    kinds = "" if len(found.batches) == 1 else ' class="key"' if number < found.first else ' class="key second"'
    label, place = html.escape(f"{shown(value)} {subject.words or subject.path.name}"), html.escape(str(subject.path))
    return f'<figure title="{place}">{pictures[subject]}<figcaption{kinds}>{label}</figcaption></figure>'


def _picture(subject: Subject) -> str:
    """A small picture of a result; nothing of what has none, such as a sound."""
    try:
        picture = Image.fromarray(to_bytes(subject.seen_from(from_above())[0]))
    except InputError:
        return ""
    picture.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80, method=4)
    return f'<img alt="" src="data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}">'


def _table(table: Table) -> str:
    head, *rows = table
    cells = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _section(title: str, content: str) -> str:
    return f"<h2>{html.escape(title)}</h2>\n<section>{content}</section>"
