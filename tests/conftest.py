from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fuzz", "cases that a generator makes (tests/fuzz)")
    group.addoption("--long", action="store_true", help="run many more cases")
    group.addoption("--cases", type=int, default=20_000, help="how many with --long")
    group.addoption("--seed", type=int, help="run the one case of this number")
