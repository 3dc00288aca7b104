"""Events: what has happened in the folder, as server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

KEPT = 10_000
"""Events that are kept at least; who is further behind is told to begin anew."""

AT_ONCE = 100
"""Events in one piece; a client takes a piece before the next one is made."""

SILENCE = 15.0
"""Seconds after which a comment says that the connection still stands."""


class EventLog:
    """All events in their order, once in memory. Each client reads them from where it stands and at its own pace.

    So a slow client holds up nobody. One that comes back names the last event that it got, and goes on behind it.
    All calls are made in the thread of the event loop.
    """

    def __init__(self) -> None:
        self._name = secrets.token_hex(4)  # ids of an earlier server are not taken for those of this one
        self._events: list[bytes] = []
        self._dropped = 0
        self._news = asyncio.Event()
        self._closed = False

    @property
    def last_id(self) -> str:
        """The id of the newest event; what is asked for behind it is still to come."""
        return f"{self._name}-{self._dropped + len(self._events)}"

    def publish(self, kind: str, data: Any) -> None:
        """Adds an event.

        Args:
            kind: its name, by which the page listens to it.
            data: what JSON can hold.
        """
        number = self._dropped + len(self._events) + 1
        text = f"id: {self._name}-{number}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"
        self._events.append(text.encode())
        if len(self._events) > 2 * KEPT:
            del self._events[:KEPT]
            self._dropped += KEPT
        self._wake()

    def close(self) -> None:
        """Ends all streams."""
        self._closed = True
        self._wake()

    async def after(self, last: str) -> AsyncIterator[bytes]:
        """The stream of a client: all events behind one that it names, then what happens.

        It begins with ``reset`` if these events are not there any more: what the client knows is then out of date.
        """
        position = self._position(last)
        yield b"retry: 500\n\n"
        while not self._closed:
            news = self._news
            if not 0 <= position - self._dropped <= len(self._events):
                position = self._dropped + len(self._events)
                yield f"id: {self.last_id}\nevent: reset\ndata: null\n\n".encode()
            elif piece := self._events[position - self._dropped :][:AT_ONCE]:
                position += len(piece)
                yield b"".join(piece)
            else:
                try:
                    await asyncio.wait_for(news.wait(), SILENCE)
                except TimeoutError:
                    yield b": still here\n\n"

    def _position(self, last: str) -> int:
        """How many events a client has; -1 where it names none of these."""
        name, _, number = last.rpartition("-")
        return int(number) if name == self._name and number.isdecimal() and len(number) < 16 else -1

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
