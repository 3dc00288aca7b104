"""The page of a server in a real browser: a form is filled in, and the run that it starts is seen."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from run_folders import make_run
from served import TOKEN, serving

from pipelines.config.shipped import shipped_folder
from pipelines.runs.status import read_status

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SMALL = {"size": "32", "paths": "4", "steps": "100000"}


def test_a_run_is_started_by_clicking(browser: Browser, page: Page, tmp_path: Path) -> None:
    """Filled in wrong, mended, started: the run appears, and its preview moves. With the server it ends properly."""
    folder = tmp_path / "runs"
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
        page.locator("#command", has_text="steps=100000").wait_for()
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
