"""Runs that are started, stopped and resumed through the server, each a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from killing import ROOT
from run_folders import make_run
from served import TOKEN, Client, serving

from pipelines.cli.main import main
from pipelines.config.shipped import shipped_folder
from pipelines.runs.status import read_status

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SMALL = {"size": "32", "paths": "4", "steps": "100000"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def test_the_form_in_a_browser(folder: Path, browser: Browser, page: Page, tmp_path: Path) -> None:
    """Filled in wrong, mended, started: the run appears, and its preview moves. With the server it ends properly."""
    make_run(folder / "draw" / "earlier")
    with serving(folder) as client:
        address = f"{client.address}/?token={TOKEN}"
        fill_in_wrong(browser, address)
        page.goto(address)
        page.locator("article").wait_for()
        assert page.url == f"{client.address}/"
        run = fill_in(page, tmp_path)
        assert run in client.states()
        assert "uploads/my-owl.png" in (folder / run / "config.yaml").read_text()
        page.get_by_role("button", name="Look at my-owl").click()
        page.get_by_role("button", name="Stop", exact=True).wait_for()
        page.get_by_role("button", name="Change and run again").click()
        page.wait_for_function("document.querySelector('#command').textContent.includes('steps=100000')")
        assert "target=uploads/my-owl.png" in page.locator("#command").inner_text()
        page.goto("about:blank")
    assert read_status(folder / run).state == "interrupted"
    assert (folder / run / "report.html").is_file()


def fill_in_wrong(browser: Browser, address: str) -> None:
    page = browser.new_page()  # one that may complain on its console that the server refuses something
    page.goto(address)
    page.get_by_role("button", name="New run").click()
    page.locator("[data-key='strokes'] input").fill("0")
    page.get_by_text("More of sketch").click()
    page.locator("[data-key='width_range'] input").fill("[1")
    page.get_by_text("More of sketch").click()
    page.get_by_role("button", name="Start").click()
    page.get_by_text("expected greater than or equal to 1, got 0").wait_for()
    assert "not valid YAML" in page.locator("[data-key='width_range'] .error").inner_text()
    assert page.locator("[data-key='width_range'] .error").is_visible()
    assert page.locator(".row.wrong").count() == 2
    page.context.close()


def fill_in(page: Page, folder: Path) -> str:
    """Starts a run of a picture that is sent; returns its key when it is seen at work."""
    shutil.copy(shipped_folder() / "assets" / "owl.png", folder / "my owl.png")
    page.get_by_role("button", name="New run").click()
    page.locator("#pipeline").select_option("vectorise")
    page.locator("[data-key='paths'] input").wait_for()
    page.locator("input[type=file]").set_input_files(folder / "my owl.png")
    page.locator(".strip button[aria-pressed=true] img[alt='uploads/my-owl.png']").wait_for()
    for key, text in SMALL.items():
        page.locator(f"[data-key='{key}'] input").fill(text)
    command = "limn vectorise target=uploads/my-owl.png size=32 paths=4 steps=100000"
    assert page.locator("#command").inner_text() == command
    page.get_by_role("button", name="Start").click()
    image = page.locator("article", has_text="my-owl").locator("img[src*='thumbnails/']")
    image.wait_for(timeout=60_000)
    first = image.get_attribute("src")
    seen = "(i) => i.src.includes('vectorise') && !i.src.endsWith(first) && i.naturalWidth"
    page.wait_for_function(f"first => [...document.images].some({seen})", arg=first, timeout=60_000)
    return (first or "").removeprefix("thumbnails/").partition("?")[0]


def test_the_command(
    folder: Path,
    settings: dict[str, Any],
    write_config: Callable[[Any], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It stops a run that somebody else has started, says of one why it cannot begin, and ends on a signal."""
    slow = {"losses": settings["losses"] | {"slow": {"loss": "pixels:Slow", "seconds": 0.05}}, "steps": 5000}
    for name, config in {"wrong": {"losses": {"no": {"loss": "pixels:Nothing"}}}, "theirs": slow}.items():
        (folder / name).mkdir()
        write_config(settings | config).rename(folder / name / "config.yaml")
    with subprocess.Popen([sys.executable, "run.py", "resume", str(folder / "theirs")], cwd=ROOT) as theirs:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            client = Client(free.getsockname()[1])
        asking = ThreadPoolExecutor().submit(stop_theirs, client, folder)
        monkeypatch.chdir(folder)  # as the command does, which a test must undo
        assert main(["serve", str(folder), f"port={client.port}", f"token={TOKEN}"]) == 143
        asking.result()
        assert theirs.wait() == 143
    assert capsys.readouterr().out == f"{client.address}/?token={TOKEN}\n"
    assert (folder / "theirs" / "report.html").is_file()
    assert "has no attribute 'Nothing'" in read_status(folder / "wrong").error


def stop_theirs(client: Client, folder: Path) -> None:
    client.wait_for("wrong", "queued")
    try:
        assert client.ask("/stop", {"run": "wrong"}).data["errors"][""].startswith("no process of this machine")
        assert client.ask("/resume", {"run": "wrong"}).status == 204
        assert client.ask("/resume", {"run": "wrong"}).data["errors"] == {"": "a process is at work on this run"}
        client.wait_for("theirs", "running")
        wait_until(lambda: read_status(folder / "theirs").step > 0)
        assert client.ask("/resume", {"run": "theirs"}).status == 422
        for _ in range(2):  # the second one is not the second signal, which would abort it
            assert client.ask("/stop", {"run": "theirs"}).status == 204
        client.wait_for("theirs", "interrupted")
        client.wait_for("wrong", "failed")
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def wait_until(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_jobs_of_a_batch_are_left_to_it(folder: Path) -> None:
    make_run(folder / "job", state="interrupted", job={"name": "one", "batch": "many"})
    with serving(folder) as client:
        client.wait_for("job", "interrupted")
        for what in ("stop", "resume"):
            assert "a job of a batch" in client.ask(f"/{what}", {"run": "job"}).data["errors"][""]
