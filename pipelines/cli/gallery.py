"""``limn gallery``: many runs on one page."""

from __future__ import annotations

from limn.errors import InputError
from pipelines.cli.arguments import options_of


def write_page(rest: list[str]) -> None:
    """``limn gallery FOLDER... [output=FOLDER]``: writes the page of all runs in some folders."""
    places = [text for text in rest if not text.startswith("output=")]
    if not places:
        raise InputError("gallery takes folders with runs")
    output = options_of([text for text in rest if text not in places], "gallery", ["output"]).get("output")

    from pipelines.gallery import write_gallery

    print(write_gallery(places, None if output is None else str(output)))
