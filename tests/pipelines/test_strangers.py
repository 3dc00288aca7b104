"""Runs in one process are strangers to each other: modules, logs and caches of one do not reach another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from limn.errors import InputError
from pipelines import Result, execute, run

LOSS = """
from guidance import Loss
from shade import SHADE

class Mine(Loss):
    def __init__(self, {argument}: float = 1.0) -> None:
        super().__init__()
        self.factor = {argument}

    def forward(self, frames, step):
        return self.factor * (frames.rgb - SHADE).square().flatten(1).mean(1)
"""


def write(folder: Path, settings: dict[str, Any], shade: float, argument: str) -> Path:
    folder.mkdir()
    (folder / "myloss.py").write_text(LOSS.format(argument=argument))
    (folder / "shade.py").write_text(f"SHADE = {shade}\n")
    config = settings | {"losses": {"mine": {"loss": "myloss:Mine", argument: 2.0}}, "steps": 60, "best_of": 1}
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump({key: value for key, value in config.items() if key != "import_from"}))
    return file


def shade_of(result: Result) -> float:
    return float(result.renderer.render().rgb.detach().mean())


def test_modules_of_one_name_in_two_folders(settings: dict[str, Any], tmp_path: Path) -> None:
    dark = write(tmp_path / "dark", settings, 0.2, "darkness")
    light = write(tmp_path / "light", settings, 0.8, "brightness")
    first, second = run(dark, name="dark"), run(light, name="light")
    assert shade_of(first) == pytest.approx(0.2, abs=0.02)
    assert shade_of(second) == pytest.approx(0.8, abs=0.02)
    assert first.folder is not None
    (first.folder / "status.json").unlink()
    assert shade_of(execute(first.folder)) == pytest.approx(0.2, abs=0.02)
    with pytest.raises(InputError, match="unknown key 'darkness'"):
        run(light, **{"losses.mine.darkness": 1.0})


def test_runs_side_by_side_keep_their_logs_apart(settings: dict[str, Any], tmp_path: Path) -> None:
    files = [write(tmp_path / name, settings, 0.5, name) for name in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda file: run(file, name=file.parent.name), files))
    for result, other in zip(results, reversed(results), strict=True):
        assert result.folder is not None
        log = (result.folder / "log.txt").read_text()
        assert log.count("wrote report.html") == 1
        assert str(result.folder) in log
        assert str(other.folder) not in log
