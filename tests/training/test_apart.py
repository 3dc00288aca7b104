"""What is installed does without training/."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPORT = re.compile(r"^\s*(?:from|import) training\b", re.MULTILINE)


@pytest.mark.parametrize("package", ["limn", "guidance", "renderers", "pipelines"])
def test_nothing_that_is_installed_imports_training(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    assert [str(file) for file in files if IMPORT.search(file.read_text(encoding="utf-8"))] == []
