from __future__ import annotations

import os
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HERE = Path(__file__).parent


@pytest.fixture
def target(tmp_path: Path) -> Path:
    file = tmp_path / "target.png"
    Image.radial_gradient("L").convert("RGB").save(file)
    return file


@pytest.fixture
def settings(tmp_path: Path, target: Path) -> dict[str, Any]:
    """A small run of the recipe in pixels.py."""
    return {
        "recipe": "pixels:pixels",
        "import_from": [str(HERE)],
        "name": "copy",
        "output": str(tmp_path / "outputs"),
        "target": str(target),
        "seed": 3,
        "size": 16,
        "steps": 24,
        "best_of": 2,
        "eval_every": 5,
        "checkpoint_every": 5,
        "preview_every": 4,
        "video": {"formats": []},
        "losses": {"near": {"loss": "pixels:Near", "noise": 0.05}},
    }


@pytest.fixture
def write_config(tmp_path: Path) -> Callable[[Any], Path]:
    def write(content: Any) -> Path:
        file = tmp_path / "copy.yaml"
        file.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
        return file

    return write


@pytest.fixture
def command() -> list[str]:
    """How a process of its own is started; the working directory must be the root."""
    return [sys.executable, "run.py"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A real Chromium, which all processes of these tests install once."""
    from chromium import chromium

    base = tmp_path_factory.getbasetemp()
    with chromium(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of it; the test fails where the page complains, or asks anybody but this machine for anything."""
    from chromium import page_of

    with page_of(browser) as opened:
        yield opened


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """A second of one tone."""
    with wave.open(str(tmp_path / "bell.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(11025)
        file.writeframes((20000 * np.sin(np.arange(11025) / 3)).astype("<i2").tobytes())
    return tmp_path / "bell.wav"


@pytest.fixture(scope="module")
def clap(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny CLAP of random weights."""
    from tiny_clap import save_clap

    return f"local-dir:{save_clap(tmp_path_factory.mktemp('clap'))}"
