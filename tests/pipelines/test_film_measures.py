"""Measures of films: of files, of folders of frames, and of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from film_files import frames, write_films

from guidance.losses import action_text, class_probabilities, video_embedding
from pipelines import run
from pipelines.cli.main import main
from pipelines.evaluate.evaluate import evaluate
from pipelines.evaluate.judge import Judge
from pipelines.inputs.films import read_film
from pipelines.report.video import write_mp4

ACTIONS = ["running", "sleeping", "swimming"]


@pytest.fixture
def films(tmp_path: Path) -> dict[str, Path]:
    return write_films(tmp_path)


def test_films_and_folders_of_frames_are_measured(
    films: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_mp4(tmp_path / "back.mp4", frames([5, 4, 3, 2, 1, 0]), fps=10, hold=0.0)
    measures = {
        "video_similarity": {"target": str(films["mp4"])},
        "action": {"classes": ACTIONS},
    }
    paths = [films["mp4"], tmp_path / "back.mp4", films["folder"]]
    found = evaluate(paths, measures, encoder="pocket")
    alike = found.numbers()["video_similarity"]
    assert alike[0] == pytest.approx(1.0, abs=1e-5)
    assert min(alike) > 0.99  # in whatever order
    judge = Judge("pocket")
    pooled = video_embedding(judge.look(read_film(films["mp4"], (224, 224))))
    text = action_text(ACTIONS, judge.encoder)
    expected = class_probabilities(pooled[None, None], text, judge.encoder.logit_scale)[0, 0]
    reading = found.readings[0]["action"]
    assert reading["action"] == ACTIONS[int(expected.argmax())]
    assert reading["action_probability"] == pytest.approx(float(expected.max()), abs=1e-4)
    assert main(["evaluate", str(films["gif"]), f"measures={{action: {{classes: [{', '.join(ACTIONS)}]}}}}"]) == 0
    assert "action_probability" in capsys.readouterr().out


def test_the_film_of_a_run_is_measured_with_its_prompt(settings: dict[str, Any]) -> None:
    draw = {"recipe": "draw", "prompt": "a red circle", "strokes": 4, "steps": 2, "size": 32}
    draw |= {"losses": {"smooth": {"loss": "total_variation"}}}
    kept = {key: settings[key] for key in ("output", "name", "seed")}
    result = run(kept | draw | {"video": {"formats": ["mp4"], "fps": 2}, "preview_every": 1})
    assert result.folder is not None
    found = evaluate([result.folder], ["video_score", "clip_score"], encoder="pocket-judge")
    score = found.numbers()["video_score"][0]
    judge = Judge("pocket-judge")
    pooled = video_embedding(judge.look(read_film(result.folder / "history.mp4", (224, 224))))
    assert score == pytest.approx(100 * max(0.0, float(pooled @ judge.read(["a red circle"])[0])), abs=1e-3)
