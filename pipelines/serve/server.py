"""The server: the application behind its guard on a port of this machine, until a signal comes."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Generator
from pathlib import Path

import uvicorn

from limn.errors import InputError
from pipelines.loop.interrupt import Interrupt, deferring
from pipelines.serve.app import Application
from pipelines.serve.guard import Guard

HOST = "127.0.0.1"
"""No other machine reaches it."""


class Server(uvicorn.Server):
    """Serves a folder.

    Args:
        folder: of the runs.
        port: 0 for one that is free.
        token: that callers must know.

    Raises:
        InputError: the port is taken.
    """

    def __init__(self, folder: Path, port: int, token: str) -> None:
        self.socket = _listen(port)
        self.port = int(self.socket.getsockname()[1])
        self.application = Application(folder.resolve())
        self.interrupt = Interrupt()
        super().__init__(
            uvicorn.Config(
                Guard(self.application.asgi, token, self.port),
                lifespan="on",
                ws="none",
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
            )
        )

    def serve_forever(self) -> None:
        """Serves until a signal comes; then runs that it started end with their results. A second signal aborts it."""
        with deferring() as self.interrupt:
            self.run([self.socket])

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second; True if it is time to end."""
        ending = await super().on_tick(counter) or bool(self.interrupt.signal)
        if ending:
            self.application.log.close()  # uvicorn waits for answers that are on their way
        return ending

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Nothing: signals are handled as everywhere."""
        yield


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    try:
        if os.name == "posix":  # elsewhere it would let two servers have the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()  # who comes before all is ready waits
    except OSError as error:
        listening.close()
        raise InputError(f"port {port}: {error.strerror}; port=0 takes one that is free") from error
    return listening
