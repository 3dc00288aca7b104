"""A section of the report."""

from __future__ import annotations

import html
import json

from limn.artefact import Artefact


def forecast_section(artefact: Artefact) -> str:
    """How probable each kind of weather is."""
    rows = json.loads(artefact.path.read_text()).items()
    return "".join(f'<p class="forecast">{html.escape(word)}: {chance:.1%}</p>' for word, chance in rows)
