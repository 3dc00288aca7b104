from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from pipelines import execute, export, run
from pipelines.cli.main import main
from pipelines.loop.callbacks import read_metrics
from pipelines.loop.callbacks.previews import history
from pipelines.loop.contact_sheets import read_row

Write = Callable[[Any], Path]


def test_a_run_leaves_everything_in_its_folder(settings: dict[str, Any], write_config: Write) -> None:
    result = run(write_config(settings | {"video": {"formats": ["mp4", "gif"]}}))
    assert result.folder is not None
    assert result.folder.parent == Path(settings["output"]) / "copy"
    names = {file.name for file in result.folder.iterdir()}
    results = {"drawing.svg", "drawing.png", "animation.svg", "target.png", "history.mp4", "history.gif", "report.html"}
    records = {"config.yaml", "environment.json", "metrics.jsonl", "log.txt", "checkpoint", "previews"}
    records |= {"status.json", "status.lock", "artefacts.json"}
    assert names == results | records
    assert {artefact.path.name for artefact in result.artefacts} == results
    assert len(list((result.folder / "checkpoint").iterdir())) == 4


def test_settings_can_be_given_from_python(settings: dict[str, Any]) -> None:
    result = run(settings, steps=3, best_of=1, **{"losses.near.noise": 0.0, "learning_rates.colours": 0.5})
    assert result.steps == 3
    assert result.folder is not None
    config = yaml.safe_load((result.folder / "config.yaml").read_text())
    assert config["losses"]["near"]["noise"] == 0.0
    assert config["learning_rates"] == {"colours": 0.5}


def test_the_resolved_config_runs_again_to_the_same_result(settings: dict[str, Any]) -> None:
    first = run(settings)
    assert first.folder is not None
    second = run(first.folder / "config.yaml")
    assert second.folder is not None
    assert second.folder != first.folder
    for name in ("drawing.svg", "drawing.png", "config.yaml"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_metrics_have_a_line_for_each_step(settings: dict[str, Any]) -> None:
    losses = settings["losses"] | {"still": {"loss": "pixels:Slow", "seconds": 0.0, "weight": {"from": 1, "to": 0.5}}}
    result = run(settings, losses=losses)
    assert result.folder is not None
    *lines, last = read_metrics(result.folder / "metrics.jsonl")
    assert [line["step"] for line in lines] == list(range(24))
    assert set(lines[0]) == {"step", "weights", "rates", "ms", "total", "losses", "eval_loss", "judge"}
    assert set(lines[1]) == set(lines[0]) - {"eval_loss", "judge"}
    assert [line["step"] for line in lines if "eval_loss" in line] == [0, 5, 10, 15, 20]
    assert set(lines[0]["losses"]) == {"near", "still"}
    assert len(lines[0]["losses"]["near"]) == 2
    assert lines[-1]["weights"] == {"near": 1.0, "still": 0.5}
    assert set(last) == {"step", "eval_loss", "judge"}
    assert last["step"] == 24


def test_numbers_that_are_none_are_null(settings: dict[str, Any]) -> None:
    result = run(settings, **{"losses.near.poison": 3, "losses.near.cured": 5})
    assert result.folder is not None
    text = (result.folder / "metrics.jsonl").read_text()
    assert "NaN" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["step"] for line in lines[:-1] if line["total"][0] is None] == [3, 4]
    assert "candidate 0: 2 steps skipped" in (result.folder / "log.txt").read_text()


def test_the_history_starts_at_the_start(settings: dict[str, Any]) -> None:
    result = run(settings, preview_size=32)
    assert result.folder is not None
    files = history(result.folder / "previews")
    assert [int(file.stem) for file in files] == [0, 4, 8, 12, 16, 20]
    with Image.open(files[0]) as sheet:
        assert sheet.size == (32, 64)
    assert read_row(files[0], 1, 2).shape == (32, 32, 3)


def test_ctrl_c_leaves_results_and_a_checkpoint_to_go_on_from(
    settings: dict[str, Any], write_config: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    still = {"loss": "pixels:Interruption", "at": 99}
    whole = run(settings | {"losses": settings["losses"] | {"still": still}})
    stopping = settings["losses"] | {"still": still | {"at": 12}}
    assert main([str(write_config(settings | {"losses": stopping}))]) == 130
    out, err = capsys.readouterr()
    folder = Path(out.strip())
    assert "stopped after step 13 of 24" in err
    assert (folder / "drawing.svg").is_file()
    assert (folder / "report.html").is_file()
    assert main(["resume", str(folder)]) == 0
    assert whole.folder is not None
    assert (folder / "drawing.svg").read_bytes() == (whole.folder / "drawing.svg").read_bytes()


def test_the_second_ctrl_c_aborts(
    settings: dict[str, Any], write_config: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    losses = settings["losses"] | {"still": {"loss": "pixels:Interruption", "at": 12, "times": 2}}
    assert main([str(write_config(settings | {"losses": losses}))]) == 130
    assert capsys.readouterr().err.endswith("limn: aborted\n")


def test_a_finished_run_can_be_exported_at_any_size(settings: dict[str, Any]) -> None:
    result = run(settings)
    assert result.folder is not None
    svg = (result.folder / "drawing.svg").read_bytes()
    (result.folder / "drawing.svg").unlink()
    files = export(result.folder, size=64)
    assert [file.name for file in files] == ["animation.svg", "drawing-64.png", "drawing.png", "drawing.svg"]
    assert (result.folder / "drawing.svg").read_bytes() == svg
    with Image.open(files[1]) as picture:
        assert picture.size == (64, 64)


def test_resuming_a_finished_run_changes_nothing(settings: dict[str, Any]) -> None:
    result = run(settings)
    assert result.folder is not None
    before = {name: (result.folder / name).read_bytes() for name in ("drawing.svg", "metrics.jsonl")}
    again = execute(result.folder)
    assert again.steps == 24
    assert before == {name: (result.folder / name).read_bytes() for name in before}


def test_a_loss_of_ones_own_beside_the_config(
    settings: dict[str, Any], write_config: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "from guidance import Loss\n\nclass Warmth(Loss):\n    def forward(self, frames, step):\n"
    module += "        return frames.rgb[:, :, 2].flatten(1).mean(1) - frames.rgb[:, :, 0].flatten(1).mean(1)\n"
    del settings["import_from"]
    config = write_config(settings | {"losses": [{"loss": "warmth_of_mine:Warmth", "weight": 2}]})
    (config.parent / "warmth_of_mine.py").write_text(module)
    result = run(config)
    picture = result.renderer.render().rgb[result.candidate, 0]
    assert float(picture[0].detach().mean()) > float(picture[2].detach().mean()) + 0.5


def test_a_log_is_kept(settings: dict[str, Any]) -> None:
    result = run(settings, name="logged")
    assert result.folder is not None
    log = (result.folder / "log.txt").read_text()
    assert "wrote report.html" in log
    assert not [handler for handler in logging.getLogger("limn").handlers if isinstance(handler, logging.FileHandler)]
