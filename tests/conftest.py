from __future__ import annotations

import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side, a process on each core


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fuzz", "cases that a generator makes (tests/fuzz)")
    group.addoption("--long", action="store_true", help="run many more cases")
    group.addoption("--cases", type=int, default=20_000, help="how many with --long")
    group.addoption("--seed", type=int, help="run the one case of this number")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test begins first."""
    items.sort(key=lambda item: item.name != "test_on_devices")


@pytest.fixture
def quick_outlines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outlines of photographs are looked for in small pictures: other lines, in a fifth of the time."""
    monkeypatch.setattr("guidance.losses.ink.SEEN", 96)
    monkeypatch.setattr("pipelines.inputs.subject.OUTLINE_SIZE", 96)
    monkeypatch.setattr("pipelines.inputs.cutout.EDGE_SIZE", 96)
