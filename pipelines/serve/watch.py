"""Watching: what changes in a folder of runs becomes events."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from limn.errors import InputError
from pipelines.gallery.page import entry_of
from pipelines.gallery.records import find_runs, read_record
from pipelines.gallery.thumbnails import source_of
from pipelines.runs.status import read_status
from pipelines.serve.events import EventLog

logger = logging.getLogger("limn")

PAUSE = 0.5
"""Seconds between two looks; more where a look takes long, so that it costs a tenth of a core at most."""

COARSE = 2e9
"""Nanoseconds in which two changes may bear the same time."""


class Watcher:
    """Looks at a folder again and again. A run is read anew where a time of its files has changed.

    Every file of a run that tells of it is replaced as a whole, which changes the time of its folder.

    Args:
        folder: of the runs, at any depth.
        log: what gets the events ``run`` (its entry, new or changed) and ``gone`` (its key).
    """

    def __init__(self, folder: Path, log: EventLog) -> None:
        self.folder, self.log = folder, log
        self.entries: dict[str, dict[str, Any]] = {}
        self._signs: dict[str, tuple[int, ...]] = {}
        self._told: set[str] = set()

    async def watch(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            began = time.monotonic()
            await self.look()
            await asyncio.sleep(max(PAUSE, 9 * (time.monotonic() - began)))

    async def look(self) -> None:
        """Looks once. What is found is published as it is found, so that a page of many runs fills soon."""
        signs = await asyncio.to_thread(self._look)
        for folder, times in signs.items():
            key = self._key(folder)
            if times != self._signs.get(key) or time.time_ns() - max(times) < COARSE:
                self._publish(key, await asyncio.to_thread(self._entry, folder))
                self._signs[key] = times
        keys = {self._key(folder) for folder in signs}
        for key in [key for key in self._signs if key not in keys]:
            self._publish(key, None)
            del self._signs[key]

    def _look(self) -> dict[Path, tuple[int, ...]]:
        return {folder: self._times(folder) for folder in find_runs(self.folder, self._tell)}

    def _tell(self, error: OSError) -> None:
        """Says once that a folder cannot be read."""
        line = f"cannot read {error.filename}: {error.strerror}"
        if line not in self._told:
            self._told.add(line)
            logger.warning("%s", line)

    def _times(self, folder: Path) -> tuple[int, ...]:
        """When its files changed, in nanoseconds since 1970; one more number while its process is alive."""
        times = [_time(place) for place in (folder, folder / "previews", *folder.glob("stages/*/previews"))]
        running = self.entries.get(self._key(folder), {}).get("progress") is not None
        return (*times, 0) if running and read_status(folder).alive else tuple(times)

    def _entry(self, folder: Path) -> dict[str, Any] | None:
        try:
            record = read_record(folder, self.folder)
            source = source_of(record)
            # Its time is in the address, so that a browser may keep what it has.
            thumbnail = None if source is None else f"thumbnails/{quote(os.fsencode(record.key))}?{_time(source)}"
            return entry_of(record, self._link, thumbnail)
        except InputError as error:  # half-written, or damaged
            logger.debug("%s", error)
            return None

    def _link(self, path: Path) -> str:
        return f"files/{quote(os.fsencode(path.relative_to(self.folder)))}"

    def _publish(self, key: str, entry: dict[str, Any] | None) -> None:
        if entry == self.entries.get(key):
            return
        if entry is None:
            del self.entries[key]
            self.log.publish("gone", key)
        else:
            self.entries[key] = entry
            self.log.publish("run", entry)

    def _key(self, folder: Path) -> str:
        return folder.relative_to(self.folder).as_posix()


def _time(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return 0
