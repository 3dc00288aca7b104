from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BESIDE = "test_on_devices"
DEVICES = ["tests/devices/on_simulated.py", "tests/devices/on_gpus.py"]
STARTED = pytest.StashKey[tuple["subprocess.Popen[bytes]", Path]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fuzz", "cases that a generator makes (tests/fuzz)")
    group.addoption("--long", action="store_true", help="run many more cases")
    group.addoption("--cases", type=int, default=20_000, help="how many with --long")
    group.addoption("--seed", type=int, help="run the one case of this number")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs beside all other tests is waited for at the end."""
    items.sort(key=lambda item: item.name == BESIDE)


def pytest_runtestloop(session: pytest.Session) -> None:
    """Starts the tests of devices, where they are asked for, in a process of their own."""
    if session.config.option.collectonly or not any(item.name == BESIDE for item in session.items):
        return
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *DEVICES]
    output = Path(tempfile.mkdtemp()) / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=HERE.parent, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=file, stderr=subprocess.STDOUT
        )
    session.config.stash[STARTED] = process, output


def pytest_unconfigure(config: pytest.Config) -> None:
    started = config.stash.get(STARTED, None)
    if started is not None:
        started[0].kill()


@pytest.fixture
def on_devices(pytestconfig: pytest.Config) -> tuple[subprocess.Popen[bytes], Path]:
    return pytestconfig.stash[STARTED]
