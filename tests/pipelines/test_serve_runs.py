"""Runs that are started, stopped and resumed through the server, each a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from killing import ROOT
from PIL import Image
from run_folders import make_run
from served import TOKEN, Client, serving

from pipelines.config.shipped import shipped_folder
from pipelines.runs.status import read_status

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SMALL = {"size": "32", "preview_size": "32", "best_of": "1", "strokes": "4", "steps": "100000", "seed": "7"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def client(folder: Path) -> Iterator[Client]:
    with serving(folder) as client:
        yield client


def wait_until(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_form_in_a_browser(client: Client, folder: Path, browser: Browser, page: Page, tmp_path: Path) -> None:
    """Filled in wrong, mended, started; the run appears, its preview moves, and it stops with results."""
    make_run(folder / "draw" / "earlier")
    mine = tmp_path / "my owl.png"
    shutil.copy(shipped_folder() / "assets" / "owl.png", mine)
    address = f"{client.address}/?token={TOKEN}"

    careless = browser.new_page()  # a refusal is an error on its console
    careless.goto(address)
    careless.get_by_role("button", name="New run").click()
    careless.get_by_label("strokes").fill("0")
    careless.get_by_text("More of sketch").click()
    careless.get_by_label("width_range").fill("[1")
    careless.get_by_text("More of sketch").click()
    careless.get_by_role("button", name="Start").click()
    wrong = careless.locator(".row.wrong .error")
    wrong.nth(1).wait_for()
    assert "not valid YAML" in wrong.nth(1).inner_text()
    assert wrong.nth(1).is_visible()
    careless.get_by_label("width_range").fill("")
    careless.get_by_role("button", name="Start").click()
    careless.get_by_text("expected greater than or equal to 1, got 0").wait_for()
    assert wrong.count() == 1
    careless.close()

    page.goto(address)
    page.locator("article").wait_for()
    assert page.url == f"{client.address}/"
    page.get_by_role("button", name="New run").click()
    page.locator("input[type=file]").set_input_files(mine)
    page.locator(".strip button[aria-pressed=true] img[alt='uploads/my-owl.png']").wait_for()
    for key, text in SMALL.items():
        page.locator(f"[data-key='{key}'] input").evaluate("(input, text) => { input.value = text; }", text)
    page.get_by_label("strokes").fill("5")
    assert page.locator("#command").inner_text().startswith("limn sketch target=uploads/my-owl.png size=32 strokes=5")
    page.get_by_role("button", name="Start").click()
    card = page.locator("article", has_text="my-owl")
    card.locator("img[src*='thumbnails/']").wait_for(timeout=60_000)
    (run,) = (key for key in client.states() if key.startswith("sketch/"))
    assert (folder / run / "config.yaml").read_text().count("uploads/my-owl.png") == 1
    shown = card.locator("img").get_attribute("src")
    assert shown
    page.wait_for_function(
        "shown => document.querySelector('article img').getAttribute('src') !== shown", arg=shown, timeout=60_000
    )
    assert page.evaluate("document.querySelector('article img').naturalWidth") > 0
    card.get_by_role("button", name="Look at my-owl").click()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume").wait_for(timeout=60_000)
    assert read_status(folder / run).state == "interrupted"
    assert (folder / run / "report.html").is_file()
    page.get_by_role("button", name="Change and run again").click()
    assert page.locator("[data-key='strokes'] input").input_value() == "5"
    assert page.locator("[data-key='target'] input").first.input_value() == "uploads/my-owl.png"


def test_a_server_that_ends_lets_its_runs_end_with_their_results(folder: Path) -> None:
    command = [sys.executable, str(ROOT / "run.py"), "serve", str(folder), "port=0", f"token={TOKEN}"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stdout
    address = server.stdout.readline().strip()
    assert address.endswith(f"/?token={TOKEN}")
    client = Client(int(address.removeprefix("http://127.0.0.1:").partition("/")[0]))
    assert client.ask("/runs", {"pipeline": "sketch", "settings": {"strokes": "x"}}).status == 422
    answer = client.ask("/runs", {"pipeline": "sketch", "settings": SMALL})
    assert answer.status == 201
    run = folder / answer.data["run"]
    wait_until(lambda: len(list(run.glob("previews/*"))) > 1)
    pid = read_status(run).pid
    assert os.getsid(pid) != os.getsid(server.pid)  # Ctrl-C in the terminal of the server is not for its runs
    server.terminate()
    said = server.communicate()[1]
    assert server.returncode == 143
    assert "1 runs end with their results" in said
    assert read_status(run).state == "interrupted"
    assert (run / "report.html").is_file()


def test_runs_go_on_from_where_they_are(
    client: Client, folder: Path, settings: dict[str, Any], write_config: Callable[[Any], Path]
) -> None:
    """A fresh one, one that cannot begin, and one that somebody else has started."""
    slow = {"losses": settings["losses"] | {"slow": {"loss": "pixels:Slow", "seconds": 0.05}}, "steps": 5000}
    configs = {"fresh": {}, "wrong": {"losses": {"no": {"loss": "pixels:Nothing"}}}, "theirs": slow}
    for name, config in configs.items():
        (folder / name).mkdir()
        write_config(settings | config).rename(folder / name / "config.yaml")
    theirs = subprocess.Popen(
        [sys.executable, "run.py", "resume", str(folder / "theirs")], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    for name in configs:
        client.wait_for(name, "queued", "running")
    for name in ("fresh", "wrong"):
        assert client.ask("/stop", {"run": name}).data == {
            "errors": {"": "no process of this machine is at work on this run"}
        }
        assert client.ask("/resume", {"run": name}).status == 204
        assert client.ask("/resume", {"run": name}).data == {"errors": {"": "a process is at work on this run"}}
    client.wait_for("theirs", "running")
    wait_until(lambda: read_status(folder / "theirs").step > 0)
    assert client.ask("/resume", {"run": "theirs"}).status == 422
    for _ in range(2):  # the second one is not the second signal, which would abort it
        assert client.ask("/stop", {"run": "theirs"}).status == 204
    assert theirs.wait() == 143
    client.wait_for("theirs", "interrupted")
    assert (folder / "theirs" / "report.html").is_file()
    client.wait_for("fresh", "done")
    client.wait_for("wrong", "failed")
    assert "has no attribute 'Nothing'" in read_status(folder / "wrong").error


def test_jobs_of_a_batch_are_left_to_it(client: Client, folder: Path) -> None:
    make_run(folder / "job", state="interrupted", job={"name": "one", "batch": "many"})
    client.wait_for("job", "interrupted")
    for what in ("stop", "resume"):
        assert "a job of a batch" in client.ask(f"/{what}", {"run": "job"}).data["errors"][""]
