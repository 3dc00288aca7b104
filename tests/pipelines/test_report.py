from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from pipelines import run
from pipelines.report.curves import curves

FETCHING = {"src", "href", "srcset", "poster", "data", "action", "background", "data-src"}


class Page(HTMLParser):
    """What a page would fetch, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.moments = ""
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in FETCHING and value]
        self._inside = ("id", "moments") in attrs and tag == "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.moments, self._inside = data, False


def test_the_page_needs_nothing_else(settings: dict[str, Any]) -> None:
    result = run(settings, name="a-b")
    assert result.folder is not None
    text = (result.folder / "report.html").read_text()
    page = Page(text)
    assert page.sources
    beside = {artefact.path.name for artefact in result.artefacts}
    assert all(source.startswith("data:") or source in beside for source in page.sources)
    assert not re.search(r"url\(|@import|https?://", text)
    assert "link" not in page.tags
    assert not re.search(r"<!--\w", text), "a place of the template was left empty"


def test_the_history_runs_from_the_first_step_to_the_last(settings: dict[str, Any]) -> None:
    result = run(settings, steps=200, preview_every=1, eval_every=50)
    assert result.folder is not None
    moments = json.loads(Page((result.folder / "report.html").read_text()).moments)
    assert len(moments) == 61
    assert [moments[n]["label"] for n in (0, -2, -1)] == ["step 0", "step 199", "step 200"]


def test_what_users_write_cannot_break_the_page(settings: dict[str, Any]) -> None:
    losses = {"</script><b>": settings["losses"]["near"]}
    result = run(settings, losses=losses)
    assert result.folder is not None
    page = Page((result.folder / "report.html").read_text())
    assert "b" not in page.tags
    assert page.tags.count("script") == 2


def test_curves_have_a_line_for_each_candidate_and_a_plot_for_each_loss() -> None:
    metrics: list[dict[str, Any]] = [
        {"step": n, "losses": {"far": [n * 1.0, None if n < 3 else 2.0], "near": [0.5, 0.5]}} for n in range(1000)
    ]
    text = curves([*metrics, {"step": 1000, "eval_loss": [1.0, 2.0]}])
    assert re.findall(r"<figcaption>(.*?)</figcaption>", text) == ["far", "near", "eval loss, without augmentation"]
    lines = re.findall(r'<polyline class="c(\d)" points="(.*?)"', text)
    assert [line[0] for line in lines] == ["0", "1"] * 3
    assert len(lines[0][1].split()) == 250
    assert "nan" not in text


@pytest.mark.parametrize("values", [[0.0, 0.0], [1e-12, 3e-12], [-5.0, 1e6], [7.0], [None, None]])
def test_curves_of_odd_values(values: list[float | None]) -> None:
    text = curves([{"step": n, "losses": {"odd": [value]}} for n, value in enumerate(values)])
    assert "nan" not in text
    assert "inf" not in text


def test_curves_of_nothing() -> None:
    assert curves([]) == ""
