"""Events: many clients, slow ones, some that come and go; none loses one."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from run_folders import make_run
from served import TOKEN, Client, serving

from pipelines.runs.status import Status, write_status
from pipelines.serve import events
from pipelines.serve.events import EventLog

SMALL = 1 << 14
"""Bytes that the system keeps between two ends of a connection."""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    (tmp_path / "runs").mkdir()
    with serving(tmp_path / "runs") as client:
        yield client


async def read(
    client: Client, last: str, until: int, hang_up_after: float = 1e9, begin: asyncio.Event | None = None
) -> tuple[list[int], str]:
    """The numbers that a client gets, and the id of the last of them; it may begin late, or hang up before the end."""
    connection = socket.create_connection(("127.0.0.1", client.port))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    reader, writer = await asyncio.open_connection(sock=connection, limit=1 << 12)
    head = f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
    writer.write(f"{head}Last-Event-ID: {last}\r\n\r\n".encode())
    if begin is not None:
        await begin.wait()
    numbers: list[int] = []
    kind = name = ""
    while not (numbers and numbers[-1] == until) and len(numbers) < hang_up_after:
        line = (await reader.readline()).decode().strip()
        field, _, value = line.partition(": ")
        if field == "id":
            name = value
        elif field == "event":
            kind = value
        elif field == "data":
            assert kind == "number", kind
            numbers.append(json.loads(value)["number"])
            last = name
    writer.close()
    return numbers, last


async def come_and_go(client: Client, last: str, until: int, seed: int) -> list[int]:
    draw = random.Random(seed)
    numbers: list[int] = []
    while not (numbers and numbers[-1] == until):
        some, last = await read(client, last, until, hang_up_after=draw.randint(1, 90))
        numbers += some
    return numbers


def test_fifty_clients_lose_no_event(client: Client) -> None:
    """Forty listen, nine come and go, and one takes nothing for as long as the others are served."""
    server, count = client.server, 400
    assert server is not None
    log = server.application.log
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
    filling = "x" * 2000  # together far more than is kept for a client that does not read

    def publish(number: int) -> None:
        log.publish("number", {"number": number, "filling": filling})

    async def listen() -> list[list[int]]:
        first = log.last_id
        others_are_done = asyncio.Event()
        slow = asyncio.create_task(read(client, first, count, begin=others_are_done))
        clients = [read(client, first, count) for _ in range(40)]
        some = [come_and_go(client, first, count, seed) for seed in range(9)]
        listening = asyncio.gather(*clients, *some)
        await asyncio.sleep(0.1)
        for number in range(1, count + 1):
            loop.call_soon_threadsafe(publish, number)
            if number % 20 == 0:
                await asyncio.sleep(0.001)
        others = await listening
        others_are_done.set()
        return [(await slow)[0], *(found if isinstance(found, list) else found[0] for found in others)]

    loop = server.servers[0].get_loop()
    received = asyncio.run(listen())
    assert len(received) == 50
    assert all(numbers == list(range(1, count + 1)) for numbers in received)


def test_who_is_too_far_behind_or_of_another_server_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEPT", 10)

    async def begins(log: EventLog, last: str) -> tuple[bytes, bytes]:
        stream = log.after(last)
        await anext(stream)
        return await anext(stream), await anext(stream)

    async def look() -> None:
        log = EventLog()
        first = log.last_id
        for number in range(20):
            log.publish("number", number)
        at_first = log.after(first)
        await anext(at_first)
        assert (await anext(at_first)).count(b"event: number") == 20
        log.publish("number", 20)  # the first ten are forgotten
        assert await anext(at_first) == f"id: {log.last_id}\nevent: number\ndata: 20\n\n".encode()
        asyncio.get_running_loop().call_later(0.05, log.publish, "number", 21)
        for last in (first, "", "0-1", f"{first}9", "-", EventLog().last_id):
            reset, then = await asyncio.wait_for(begins(log, last), 60) if last == first else (b"", b"")
            if last == first:
                assert reset == f"id: {first.partition('-')[0]}-21\nevent: reset\ndata: null\n\n".encode()
                assert then.endswith(b"data: 21\n\n")
            else:
                stream = log.after(last)
                await anext(stream)
                assert (await anext(stream)).startswith(f"id: {log.last_id}\nevent: reset\n".encode())

    asyncio.run(look())


def test_what_happens_in_the_folder_becomes_events(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    last = client.ask("/runs").data["last"]

    async def next_events(count: int) -> list[tuple[str, object]]:
        nonlocal last
        log = client.server.application.log  # type: ignore[union-attr]
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        head = f"GET /events?after={last} HTTP/1.1\r\nHost: localhost:{client.port}\r\n"
        writer.write(f"{head}Authorization: Bearer {TOKEN}\r\n\r\n".encode())
        found: list[tuple[str, object]] = []
        kind = ""
        while len(found) < count:
            field, _, value = (await asyncio.wait_for(reader.readline(), 60)).decode().strip().partition(": ")
            last = value if field == "id" else last
            kind = value if field == "event" else kind
            found += [(kind, json.loads(value))] if field == "data" else []
        writer.close()
        assert log.last_id
        return found

    def states(count: int = 1) -> list[tuple[str, object]]:
        found = asyncio.run(next_events(count))
        return [(kind, data["fields"]["state"] if isinstance(data, dict) else data) for kind, data in found]

    make_run(folder / ".part")
    (folder / ".part").rename(folder / "one")
    assert states() == [("run", "done")]
    write_status(folder / "one", Status("failed", error="no room"))
    assert states() == [("run", "failed")]
    write_status(folder / "one", Status("running"))
    assert states() == [("run", "running")]
    before = client.ask("/runs").data["runs"][0]["thumbnail"]
    time.sleep(0.01)
    shutil.copy(folder / "one" / "previews" / "0000020.png", folder / "one" / "previews" / "0000030.png")
    assert states() == [("run", "running")]
    assert client.ask("/runs").data["runs"][0]["history"][0]["steps"] == [0, 10, 20, 30]
    assert before
    shutil.rmtree(folder / "one")
    assert states()[-1] == ("gone", "one")
    assert client.ask("/runs").data["runs"] == []
