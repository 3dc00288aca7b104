"""Sections of the report: what is shown of artefacts, by their kind."""

from __future__ import annotations

import html
from collections.abc import Callable

from limn.artefact import Artefact
from limn.registry import Registry
from pipelines.report.data import ReportData

Section = Callable[[Artefact], str]
"""An artefact, whose files lie beside the report -> HTML that needs nothing else."""

SECTIONS: Registry[Section] = Registry("report section", {})
"""By the kind of an artefact. What the page shows anyway (drawings, models, pictures, animations) needs none."""


def sections(data: ReportData) -> str:
    """A section for every artefact whose kind has one, then all artefacts by name."""
    known = SECTIONS.names()
    parts = [
        _section(artefact.label or artefact.path.name, SECTIONS.find(artefact.kind)(artefact))
        for artefact in data.artefacts
        if artefact.kind in known
    ]
    rows = "".join(_row(artefact) for artefact in data.artefacts)
    return "\n".join([*parts, _section("Files", f"<dl>{rows}</dl>")])


def _section(title: str, content: str) -> str:
    return f"<h2>{html.escape(title)}</h2>\n<section>{content}</section>"


def _row(artefact: Artefact) -> str:
    name = html.escape(artefact.path.name)
    return f'<div><dt><a href="{name}">{name}</a></dt><dd>{html.escape(artefact.label or artefact.kind)}</dd></div>'
