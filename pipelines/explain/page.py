"""The page of an explanation, and its place in the report."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path

from limn.files import write_file
from pipelines.explain.figure import Figure, Picture
from pipelines.report.page import STYLE

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
main {{ max-width: 1080px; margin: 0 auto; padding: 56px 28px 96px; }}
</style>
</head>
<body><main>
<h1>{title}</h1>
{content}
</main></body>
</html>
"""

STYLE_OF_FIGURES = """<style>
.why { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(224px, 100%), 1fr)); gap: 18px; }
.why figure { margin: 0; } .why img { width: 100%; background: #fff; }
.why figcaption { color: var(--soft); font-size: 13px; }
.heads { border-collapse: collapse; font-size: 14px; } .heads :is(td, th) { text-align: left; padding: 4px 18px 4px 0; }
</style>"""


def write_page(file: Path, title: str, figures: Sequence[Figure]) -> Path:
    """Writes a page that needs no other file."""
    style = STYLE.read_text(encoding="utf-8").strip()
    return write_file(file, HEAD.format(title=html.escape(title), style=style, content=content_of(figures)))


def content_of(figures: Sequence[Figure]) -> str:
    """HTML with all pictures inside it."""
    return STYLE_OF_FIGURES + "".join(
        f"<h3>{html.escape(figure.title)}</h3><p>{html.escape(figure.text)}</p>{_pictures(figure)}{_table(figure)}"
        for figure in figures
    )


def _pictures(figure: Figure) -> str:
    return f'<div class="why">{"".join(map(_picture, figure.pictures))}</div>' if figure.pictures else ""


def _picture(picture: Picture) -> str:
    source = base64.b64encode(picture.path.read_bytes()).decode()
    caption = html.escape(picture.caption)
    return (
        f'<figure><img src="data:image/png;base64,{source}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'
    )


def _table(figure: Figure) -> str:
    if not figure.rows:
        return ""
    head, *rows = (
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
        for row, tag in zip(figure.rows, ["th", *["td"] * (len(figure.rows) - 1)], strict=True)
    )
    return f'<table class="heads"><tr>{head}</tr>{"".join(f"<tr>{row}</tr>" for row in rows)}</table>'
