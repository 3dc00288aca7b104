"""The gallery: many runs on one page, which works from a folder as well as from a server.

The page is ``index.html`` with the scripts and styles of `ASSETS` beside it. It knows nothing of files. It is told of
runs: by ``update(entry)`` of one that is new or has changed, by ``remove(key)`` of one that is gone, as often as needed
and in any order. In a folder, the script ``records.js`` tells it, once. A server can send a ``records.js`` of its own,
and call ``update`` for each event that arrives::

    new EventSource("events").onmessage = (event) => update(JSON.parse(event.data));

An entry is what `entry_of` makes of a record; ``link`` says where its files are. The function ``actions(entry)`` may be
replaced: it returns elements that stand below a run that is looked at, such as a button that stops it. The element
``#actions`` in the head of the page is free for what concerns all runs. Reports are shown in frames, so they must be
allowed there.
"""

from __future__ import annotations

import hashlib
import html
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from limn.errors import InputError
from limn.files import make_folder, write_file, writing
from pipelines.gallery.history import StageHistory
from pipelines.gallery.records import RunRecord, read_records
from pipelines.gallery.tables import rows_of, write_tables
from pipelines.gallery.thumbnails import update_thumbnail
from pipelines.report.page import STYLE

logger = logging.getLogger("limn")

HERE = Path(__file__).parent

ASSETS = {
    "style.css": STYLE,
    **{name: HERE / name for name in ("gallery.css", "fields.js", "facets.js", "cards.js", "compare.js", "gallery.js")},
}
"""What the page loads beside its records, by name."""

Link = Callable[[Path], str]
"""The address of a file or folder, as the page may use it."""


def write_gallery(places: Iterable[str | Path], output: str | Path | None = None) -> Path:
    """Writes the page of all runs at or below some folders, with thumbnails, ``results.csv`` and ``results.parquet``.

    The page shows pictures, models and reports from where they lie: it can be moved with the runs, not without them.
    What is there already is brought up to date.

    Args:
        places: folders to look for runs in.
        output: where the page goes; the folder ``gallery`` in the innermost folder that holds all of them unless given.

    Returns:
        The page.

    Raises:
        InputError: a folder does not exist, there is no run, or the disk is full or refuses.
    """
    places = [Path(place).resolve() for place in places]
    root = Path(os.path.commonpath(places))
    root = root.parent if (root / "config.yaml").is_file() else root
    records, left_out = read_records(places, root)
    for line in left_out:
        logger.warning("left out: %s", line)
    if not records:
        raise InputError(f"no run in {', '.join(map(str, places))}")
    folder = make_folder(root / "gallery" if output is None else Path(output).resolve())
    write_tables(folder / "results", rows_of(records))
    thumbnails = [_thumbnail(folder, record) for record in records]
    for file in (folder / "thumbnails").iterdir():
        if f"thumbnails/{file.name}" not in thumbnails:  # of a run that is gone
            file.unlink()
    link = _relative_to(folder)
    entries = [entry_of(record, link, shown) for record, shown in zip(records, thumbnails, strict=True)]
    write_file(folder / "records.js", "".join(f"update({_script(entry)});\n" for entry in entries))
    with writing(folder):
        for name, source in ASSETS.items():
            shutil.copyfile(source, folder / name)
    return write_file(folder / "index.html", page(root.name))


def page(title: str) -> str:
    """The HTML of the page, which needs `ASSETS` and ``records.js`` beside it."""
    return (HERE / "gallery.html").read_text(encoding="utf-8").replace("<!--title-->", html.escape(title))


def entry_of(record: RunRecord, link: Link, thumbnail: str | None) -> dict[str, Any]:
    """What the page is told of a run, as JSON can hold it.

    Args:
        record: of the run.
        link: gives the addresses of its files.
        thumbnail: the address of its thumbnail, where there is one.
    """

    def linked(path: Path | None) -> str | None:
        return None if path is None else link(path)

    report = record.first("page")
    model = report is not None and record.first("model", suffix=".glb") is not None
    return {
        "key": record.key,
        "fields": record.fields(),
        "measures": list(record.measures),
        "job": list(_names(record.job.get("fields"))),
        "settings": list(record.settings),
        "progress": _progress(record) if record.state == "running" else None,
        "thumbnail": thumbnail,
        "picture": linked(record.first("drawing", "picture")),
        "film": linked(record.first("turntable", "film", suffix=".mp4")),
        "report": linked(report),
        # The report has a viewer, which is shown alone when it is asked for.
        "model": f"{linked(report)}#model" if model else None,
        "history": [_moments(stage, link) for stage in record.history if stage.files],
    }


def _progress(record: RunRecord) -> list[str | int]:
    """The stage, its steps so far, and all of them. Pictures come more often than the status is written."""
    status = record.status
    seen = [step for stage in record.history if stage.name == status.stage for step in stage.steps[-1:]]
    return [status.stage, max([status.step, *seen]), status.steps]


def _moments(stage: StageHistory, link: Link) -> dict[str, Any]:
    """A picture lies at ``folder/NNNNNNN.png``; the row ``best`` of ``candidates`` is shown, in ``views`` columns."""
    return {
        "stage": stage.name,
        "folder": link(stage.files[0].parent),
        "steps": stage.steps,
        "total": max(stage.progress.total, stage.steps[-1]),
        "candidates": stage.candidates,
        "best": stage.best,
        "views": stage.views,
    }


def _names(fields: Any) -> Iterable[str]:
    return fields if isinstance(fields, Mapping) else ()


def _relative_to(folder: Path) -> Link:
    return lambda path: quote(os.fsencode(Path(os.path.relpath(path.resolve(), folder)).as_posix()))


def _thumbnail(folder: Path, record: RunRecord) -> str | None:
    name = hashlib.blake2b(record.key.encode(), digest_size=8).hexdigest()
    file = update_thumbnail(make_folder(folder / "thumbnails") / f"{name}.webp", record)
    return None if file is None else f"thumbnails/{file.name}"


def _script(entry: Mapping[str, Any]) -> str:
    """JSON, which is JavaScript."""
    return json.dumps(entry, allow_nan=False)
