"""A run that leaves all bounds: one line, exit code 2, and nothing in its files that is no number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines import export
from pipelines.cli.main import main

RECIPE = '''
from pipelines import RunConfig, Task, build_objective
from limn.step import Step
from renderers.strokes import Strokes, open_strokes
import torch

def flung(config: RunConfig) -> Task:
    """Flings its strokes away."""
    draws = Step(0, 1, config.seed).generator("starts")
    scene = open_strokes(16 * torch.rand(1, 3, 2, generator=draws), config.shape(), generator=draws)
    target = torch.zeros(1, 3, *config.shape())
    return Task(Strokes(scene, {"points": 1e30}), lambda: build_objective(config, target=target))
'''


def test_what_diverged_says_so_and_keeps_its_last_good_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flung.py").write_text(RECIPE)
    lines = "recipe: flung:flung\nsize: 16\nsteps: 60\nvideo: {formats: []}\nlosses: {dark: {loss: pixels}}\n"
    (tmp_path / "flung.yaml").write_text(lines)
    assert main([str(tmp_path / "flung.yaml"), f"output={tmp_path}"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("limn: diverged: parameters of every candidate leave all bounds")
    assert said.endswith("expected smaller learning rates than points: 1e+30")
    (folder,) = (tmp_path / "flung").iterdir()
    export(folder)
    texts = [file.read_text() for kind in ("svg", "json", "jsonl") for file in folder.rglob(f"*.{kind}")]
    assert len(texts) > 4
    assert not any(re.search(r"\b(nan|inf|infinity)\b", text, re.IGNORECASE) for text in texts)
    for file in folder.glob("*.svg"):
        drawn = re.findall(r' d="M([^"]*)"', file.read_text())
        assert len(drawn) == 3
        assert all(abs(float(number)) < 100 for path in drawn for number in re.split("[C ]", path))
