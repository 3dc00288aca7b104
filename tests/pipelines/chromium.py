"""A real Chromium from npm, which needs nothing of the system but Node.js."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from playwright.sync_api import Browser, Page, sync_playwright

PACKAGE = "@sparticuz/chromium@147.0.0"
UNPACK = "require('@sparticuz/chromium').executablePath()"
DRAWING = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
"""WebGL without a GPU."""


def install(folder: Path) -> Path:
    """The folder of the browser, its libraries and its fonts, put there by the first process that asks for it."""
    unpacked = folder / "unpacked"
    with FileLock(folder / "chromium.lock"):
        if not unpacked.exists():
            command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
            subprocess.run(command, check=True, capture_output=True, timeout=300)
            unpacked.mkdir()
            # It unpacks itself into the folder for temporary files; with its libraries, where it takes the system for
            # one that has none.
            environment = os.environ | {"TMPDIR": str(unpacked), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs20.x"}
            subprocess.run(["node", "-e", UNPACK], check=True, cwd=folder, env=environment, timeout=120)
            (unpacked / "fonts.conf").write_text(f"<fontconfig><dir>{unpacked}/fonts</dir></fontconfig>")
    return unpacked


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """The browser, started from the folder where it is or will be."""
    unpacked = install(folder)
    environment: dict[str, str | float | bool] = {
        "LD_LIBRARY_PATH": str(unpacked / "al2023" / "lib"),
        "FONTCONFIG_FILE": str(unpacked / "fonts.conf"),
        "HOME": str(unpacked),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=unpacked / "chromium", args=["--no-sandbox", *DRAWING], env=environment
        )
        yield browser
        browser.close()


@contextmanager
def page_of(browser: Browser) -> Iterator[Page]:
    """A page that may neither complain nor ask anybody but this machine.

    Raises:
        AssertionError: it did.
    """
    context = browser.new_context(viewport={"width": 1000, "height": 700}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(10_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if _is_foreign(request.url) else None)
    yield page
    context.close()
    assert not said, said


def _is_foreign(url: str) -> bool:
    return not url.startswith(("file:", "data:", "blob:", "about:", "http://127.0.0.1:", "ws://127.0.0.1:"))
