"""A server of a folder in a thread, and a client that sends what it is told, byte for byte."""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.serve.server import Server

TOKEN = "a-token-of-these-tests"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


class Client:
    def __init__(self, port: int, server: Server | None = None) -> None:
        self.port, self.server = port, server

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, body: Any = None, method: str = "", **headers: str) -> Answer:
        """GET, or POST where there is a body; with the token unless there is another header for it."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"Authorization": f"Bearer {TOKEN}"} | headers
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.putrequest(method or ("GET" if body is None else "POST"), path, skip_host="Host" in headers)
        for name, value in headers.items():
            if value:
                connection.putheader(name, value)
        if content is not None:
            connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content)
        response = connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        connection.close()
        return answer

    def states(self) -> dict[str, str]:
        return {run["key"]: run["fields"]["state"] for run in self.ask("/runs").data["runs"]}

    def wait_for(self, run: str, state: str) -> None:
        """Until the server says so, which may still be starting."""
        deadline = time.monotonic() + 60
        while True:
            with suppress(ConnectionRefusedError):
                if self.states().get(run) == state:
                    return
            assert time.monotonic() < deadline, run
            time.sleep(0.05)


@contextmanager
def serving(folder: Path) -> Iterator[Client]:
    """As the command does it: relative paths mean files of the folder."""
    before = Path.cwd()
    os.chdir(folder)
    server = Server(folder, 0, TOKEN)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield Client(server.port, server)
    finally:
        server.should_exit = True
        thread.join()
        os.chdir(before)
