"""The application: what the server answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from limn.errors import InputError, short
from pipelines.config.shipped import shipped_folder, shipped_pipelines, summary_of
from pipelines.gallery.page import ASSETS, page
from pipelines.gallery.records import read_record, read_records
from pipelines.gallery.tables import csv_of, rows_of
from pipelines.gallery.thumbnails import thumbnail
from pipelines.serve.children import Children
from pipelines.serve.events import EventLog
from pipelines.serve.files import LARGEST, choices, inside, keep_picture
from pipelines.serve.form import config_from, form_of
from pipelines.serve.watch import Watcher

FOREIGN = "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:; media-src data: blob:; connect-src data: blob:"
"""Content-Security-Policy of files of runs: a page or a drawing among them can ask this server for nothing."""

PICTURES = "uploads"
"""The folder of pictures that were sent."""

HERE = Path(__file__).parent

OWN = {name: HERE / "static" / name for name in ("serve.css", "ask.js", "controls.js", "form.js", "live.js")}
"""What the page loads beside what it has in a folder: name -> file."""

LIVE = {
    "</head>": '<link rel="stylesheet" href="serve.css">\n</head>',
    '<script src="records.js"></script>': '<script type="module" src="live.js"></script>',
}
"""How the page differs from that in a folder."""


class Application:
    """What the server answers, without the guard before it.

    Args:
        folder: that is served, resolved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = EventLog()
        self.watcher = Watcher(folder, self.log)
        self.children = Children(folder)
        get, post = ["GET"], ["POST"]
        self.asgi = Starlette(
            routes=[
                Route("/", self.page, methods=get),
                Route("/files/{path:path}", self.file, methods=get),
                Route("/shipped/{path:path}", self.shipped, methods=get),
                Route("/events", self.events, methods=get),
                Route("/forms", self.forms, methods=get),
                Route("/forms/{name}", self.form, methods=get),
                Route("/choices", self.choices, methods=get),
                Route("/runs", self.runs, methods=get),
                Route("/runs", self.start, methods=post),
                Route("/stop", self.stop, methods=post),
                Route("/resume", self.resume, methods=post),
                Route("/uploads", self.upload, methods=post),
                Route("/results.csv", self.table, methods=get),
                Route("/thumbnails/{key:path}", self.thumbnail, methods=get),
                *(Route(f"/{name}", _asset(file), methods=get) for name, file in (ASSETS | OWN).items()),
            ],
            exception_handlers={InputError: _refuse},
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(work) for work in (self.watcher.watch(), self._reap())]
        try:
            yield
        finally:
            await self.children.close()
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _reap(self) -> None:
        while True:
            self.children.reap()
            await asyncio.sleep(0.2)

    async def page(self, request: Request) -> Response:
        """The gallery."""
        html = page(self.folder.name)
        for part, live in LIVE.items():
            html = html.replace(part, live)
        return HTMLResponse(html)

    async def table(self, request: Request) -> Response:
        """All runs as a table."""
        records, _ = await asyncio.to_thread(read_records, [self.folder], self.folder)
        return Response(csv_of(rows_of(records)), media_type="text/csv")

    async def thumbnail(self, request: Request) -> Response:
        """What a run has made so far."""
        key = request.path_params["key"]
        if key not in self.watcher.entries:
            raise HTTPException(404)
        made = await asyncio.to_thread(lambda: thumbnail(read_record(self.folder / key, self.folder)))
        if made is None:
            raise HTTPException(404)
        return Response(
            made, media_type="image/webp", headers={"Cache-Control": "private, max-age=31536000, immutable"}
        )

    async def file(self, request: Request) -> Response:
        """A file below the folder."""
        return _file(inside(self.folder, request.path_params["path"]), FOREIGN)

    async def shipped(self, request: Request) -> Response:
        """A file that comes with Limn."""
        return _file(inside(shipped_folder().resolve(), request.path_params["path"]), FOREIGN)

    async def runs(self, request: Request) -> Response:
        """All runs, and the id of the last event that is in them."""
        return _Json({"last": self.log.last_id, "runs": list(self.watcher.entries.values())})

    async def events(self, request: Request) -> Response:
        """What happens, from the event behind the one that the client names."""
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        return StreamingResponse(self.log.after(last), media_type="text/event-stream")

    async def forms(self, request: Request) -> Response:
        """The pipelines that can be started."""
        return _Json({name: summary_of(file) for name, file in shipped_pipelines().items()})

    async def form(self, request: Request) -> Response:
        """What a pipeline asks for."""
        form = await asyncio.to_thread(form_of, request.path_params["name"])
        return _Json(asdict(form))

    async def choices(self, request: Request) -> Response:
        """Files that a form may name, as it names them -> where they can be seen."""
        return _Json(await asyncio.to_thread(choices, self.folder / PICTURES))

    async def start(self, request: Request) -> Response:
        """Starts a run, or says at which field something is wrong."""
        asked = await _json(request)
        answers = asked.get("settings")
        if not isinstance(answers, Mapping):
            raise InputError(f"settings: expected a mapping, got {short(answers)}")
        config = await asyncio.to_thread(config_from, str(asked.get("pipeline")), answers, self.folder)
        if isinstance(config, dict):
            return _Json({"errors": config}, 422)
        folder = await asyncio.to_thread(self.children.start, config)
        return _Json({"run": folder.relative_to(self.folder).as_posix()}, 201)

    async def stop(self, request: Request) -> Response:
        """Asks a run to end after its current step, with results."""
        self.children.stop(await self._run(request))
        return Response(status_code=204)

    async def resume(self, request: Request) -> Response:
        """Brings a run to its end."""
        self.children.resume(await self._run(request))
        return Response(status_code=204)

    async def upload(self, request: Request) -> Response:
        """Keeps a picture: its content is the body, its name is in the address."""
        content = await _body(request, LARGEST)
        name = request.query_params.get("name", "")
        place = await asyncio.to_thread(keep_picture, self.folder / PICTURES, name, content)
        return _Json({"file": place.relative_to(self.folder).as_posix()}, 201)

    async def _run(self, request: Request) -> Path:
        key = (await _json(request)).get("run")
        entry = self.watcher.entries.get(key) if isinstance(key, str) else None
        if entry is None:
            raise InputError(f"no run {short(key)}")
        if entry["fields"]["batch"]:
            raise InputError("this run is a job of a batch, which limn batch pauses, resumes and cancels")
        return self.folder / str(entry["key"])


class _Json(JSONResponse):
    """JSON in ASCII: names of files need not be text."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode()


def _file(place: Path | None, policy: str = "") -> Response:
    if place is None or not place.is_file():
        raise HTTPException(404)
    return FileResponse(place, headers={"Content-Security-Policy": policy} if policy else None)


def _asset(file: Path) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return FileResponse(file)

    return answer


async def _refuse(request: Request, error: Exception) -> Response:
    return _Json({"errors": {"": str(error)}}, 422)


async def _json(request: Request) -> dict[str, Any]:
    try:
        data = json.loads(await _body(request, 1 << 20))
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise InputError("expected a JSON object")
    return data


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise HTTPException(413, f"Expected {most >> 20} MiB at most.")
    return bytes(body)
