"""Runs of several stages: each with its own steps, metrics, previews and checkpoint; resumed and exported exactly."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from killing import kill_when

import limn.cache
from limn.errors import InputError
from pipelines import execute, export, run
from pipelines.loop.callbacks import read_metrics
from pipelines.loop.callbacks.previews import history
from pipelines.runs.artefacts import read_artefacts
from pipelines.runs.lock import locked
from pipelines.runs.status import Status, read_status, write_status
from training.pocket.export import export_open_clip

Write = Callable[[Any], Path]


@pytest.fixture
def staged(settings: dict[str, Any]) -> dict[str, Any]:
    kept = {key: settings[key] for key in ("output", "import_from", "losses", "best_of", "seed")}
    return kept | {
        "recipe": "staged:staged",
        "name": "staged",
        "size": 16,
        "steps": 20,
        "eval_every": 5,
        "checkpoint_every": 5,
        "preview_every": 4,
        "video": {"formats": ["mp4"]},
    }


def files_of(folder: Path) -> dict[str, bytes]:
    names = ("drawing.svg", "drawing.png", "history.mp4", "notes/candidate.txt", "coarse_target.png")
    return {name: (folder / name).read_bytes() for name in names}


def test_every_stage_has_steps_metrics_previews_and_a_checkpoint(staged: dict[str, Any]) -> None:
    result = run(staged)
    assert result.folder is not None
    for name, steps in (("coarse", 10), ("fine", 20)):
        place = result.folder / "stages" / name
        assert [line["step"] for line in read_metrics(place / "metrics.jsonl")] == list(range(steps + 1))
        assert [int(file.stem) for file in history(place / "previews")] == list(range(0, steps, 4))
        assert json.loads((place / "checkpoint" / "checkpoint.json").read_text())["numbers"]["index"] == steps
    assert result.steps == 20
    assert read_status(result.folder).state == "done"
    page = (result.folder / "report.html").read_text()
    for text in ("coarse step 8", "fine step 20", "<h3>coarse</h3>", "what was noted", "coarse_target"):
        assert text in page


def test_the_second_stage_starts_where_the_first_ended(staged: dict[str, Any]) -> None:
    result = run(staged | {"losses": {"near": {"loss": "pixels:Near", "noise": 0.0}}})
    assert result.folder is not None
    coarse, fine = (read_metrics(result.folder / "stages" / name / "metrics.jsonl") for name in ("coarse", "fine"))
    best = [min(line["eval_loss"][c] for line in coarse if "eval_loss" in line) for c in range(2)]
    assert all(fine[0]["eval_loss"][c] < 0.5 * coarse[0]["eval_loss"][c] for c in range(2))
    assert all(fine[0]["eval_loss"][c] >= best[c] - 1e-6 for c in range(2))


@pytest.mark.parametrize("stage", ["coarse", "fine"])
def test_a_run_killed_in_any_stage_ends_as_one_that_was_not(
    stage: str, staged: dict[str, Any], write_config: Write
) -> None:
    staged["losses"] = staged["losses"] | {"slow": {"loss": "pixels:Slow", "seconds": 0.03}}
    whole = run(staged, output=staged["output"] + "/whole")
    assert whole.folder is not None
    staged["output"] += "/killed"
    folder = kill_when(
        [write_config(staged)],
        Path(staged["output"]) / "staged",
        f"stages/{stage}/checkpoint/checkpoint.json",
    )
    assert read_status(folder).state == "running"
    done = folder / "stages" / "coarse" / "metrics.jsonl"
    before = done.read_text()
    result = execute(folder)
    if stage == "fine":
        assert done.read_text() == before
    assert files_of(folder) == files_of(whole.folder)
    assert result.steps == 20


def test_export_runs_no_stage_and_needs_nothing_that_the_start_needed(staged: dict[str, Any], tmp_path: Path) -> None:
    value = tmp_path / "value.txt"
    value.write_text("0.25")
    result = run(staged | {"encoder_folder": str(value)})
    assert result.folder is not None
    before = files_of(result.folder)
    value.unlink()
    for name in ("drawing.svg", "drawing.png", "notes/candidate.txt"):
        (result.folder / name).unlink()
    marks = {file: file.stat().st_mtime_ns for file in (result.folder / "stages").rglob("*")}
    files = export(result.folder, size=64)
    assert [file.name for file in files] == ["drawing-64.png", "drawing.png", "drawing.svg", "notes"]
    assert files_of(result.folder) == before
    assert {file: file.stat().st_mtime_ns for file in (result.folder / "stages").rglob("*")} == marks


@pytest.mark.usefixtures("quick_outlines")
def test_a_sketch_is_exported_without_its_picture_and_its_encoder(
    tmp_path: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    export_open_clip("pocket", tmp_path / "encoder")
    (tmp_path / "cat.png").write_bytes(Path("configs/assets/kitten.png").read_bytes())
    result = run(
        "configs/sketch.yaml",
        target=str(tmp_path / "cat.png"),
        encoder=f"local-dir:{tmp_path / 'encoder'}",
        output=settings["output"],
        steps=2,
        strokes=4,
        best_of=1,
        num_augs=1,
        **{"video.formats": []},
    )
    assert result.folder is not None
    before = (result.folder / "drawing.svg").read_bytes()
    (tmp_path / "cat.png").unlink()
    shutil.rmtree(tmp_path / "encoder")
    limn.cache.clear()
    (result.folder / "drawing.svg").unlink()
    assert "drawing-128.png" in [file.name for file in export(result.folder, size=128)]
    assert (result.folder / "drawing.svg").read_bytes() == before
    assert execute(result.folder).steps == 2


def test_a_run_stopped_in_the_first_stage_leaves_its_result_and_goes_on(staged: dict[str, Any]) -> None:
    still = {"loss": "pixels:Interruption", "at": 99}
    whole = run(staged | {"losses": staged["losses"] | {"still": still}})
    stopped = run(staged | {"losses": staged["losses"] | {"still": still | {"at": 6}}})
    assert whole.folder is not None
    assert stopped.folder is not None
    assert stopped.steps == 7
    assert read_status(stopped.folder).state == "interrupted"
    assert (stopped.folder / "drawing.svg").is_file()
    assert not (stopped.folder / "stages" / "fine").exists()
    config = yaml.safe_load((stopped.folder / "config.yaml").read_text())
    assert config["losses"]["still"]["at"] == 6


def test_results_are_listed_with_their_kinds(staged: dict[str, Any]) -> None:
    result = run(staged)
    assert result.folder is not None
    found = read_artefacts(result.folder)
    assert found == result.artefacts
    assert {artefact.path.name: artefact.kind for artefact in found} == {
        "drawing.svg": "drawing",
        "drawing.png": "picture",
        "notes": "notes",
        "coarse_target.png": "picture",
        "history.mp4": "film",
        "report.html": "page",
    }
    assert [artefact.path.name for artefact in read_artefacts(result.folder, "notes")] == ["notes"]


def test_execute_is_idempotent(settings: dict[str, Any]) -> None:
    result = run(settings)
    assert result.folder is not None
    before = {
        file: file.stat().st_mtime_ns for file in result.folder.rglob("*") if file.suffix not in (".txt", ".json")
    }
    time.sleep(0.01)
    again = execute(result.folder)
    assert again.steps == result.steps
    assert again.artefacts == result.artefacts
    assert again.eval_losses.tolist() == result.eval_losses.tolist()
    kept = {file: file.stat().st_mtime_ns for file in result.folder.rglob("*") if file.suffix not in (".txt", ".json")}
    kept = {file: mark for file, mark in kept.items() if file.name != "status.lock"}
    assert kept == {file: mark for file, mark in before.items() if file.name != "status.lock"}


def test_execute_starts_a_fresh_folder(settings: dict[str, Any], tmp_path: Path) -> None:
    whole = run(settings)
    assert whole.folder is not None
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "config.yaml").write_text((whole.folder / "config.yaml").read_text())
    assert read_status(fresh).state == "queued"
    execute(fresh)
    assert read_status(fresh).state == "done"
    assert (fresh / "drawing.svg").read_bytes() == (whole.folder / "drawing.svg").read_bytes()


def test_execute_tries_a_failed_run_again(settings: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(
        "from pathlib import Path\nfrom guidance import Loss\n\n"
        "class Failing(Loss):\n"
        "    def forward(self, frames, step):\n"
        f"        if step.training and step.index == 12 and not Path({str(tmp_path)!r}, 'mended').exists():\n"
        "            raise RuntimeError('something broke')\n"
        "        return frames.rgb.flatten(1).sum(dim=1) * 0\n"
    )
    losses = settings["losses"] | {"failing": {"loss": "failing:Failing"}}
    config = settings | {"losses": losses, "import_from": [*settings["import_from"], str(tmp_path)]}
    with pytest.raises(RuntimeError, match="something broke"):
        run(config)
    (folder,) = (Path(settings["output"]) / "copy").iterdir()
    status = read_status(folder)
    assert (status.state, status.error) == ("failed", "RuntimeError: something broke")
    (tmp_path / "mended").touch()
    again = execute(folder)
    assert read_status(folder).state == "done"
    whole = run(config)
    assert whole.folder is not None
    assert again.folder == folder.resolve()
    assert (folder / "drawing.svg").read_bytes() == (whole.folder / "drawing.svg").read_bytes()


def test_a_folder_that_another_process_works_in_is_refused(settings: dict[str, Any]) -> None:
    inner: list[str] = []
    result = run(settings)
    assert result.folder is not None
    with locked(result.folder):
        try:
            execute(result.folder)
        except InputError as error:
            inner.append(str(error))
    assert inner == [f"{result.folder} is being run by process {os.getpid()} on {socket.gethostname()}"]


def test_a_status_tells_the_living_from_the_dead(tmp_path: Path) -> None:
    write_status(tmp_path, Status("running", "fine", 3, 20))
    status = read_status(tmp_path)
    assert (status.state, status.stage, status.step, status.steps, status.alive) == ("running", "fine", 3, 20, True)
    text = json.loads((tmp_path / "status.json").read_text())
    for change in ({"pid": 2**22 + 1}, {"heartbeat": time.time() - 3600}, {"state": "done"}):
        (tmp_path / "status.json").write_text(json.dumps(text | change))
        assert not read_status(tmp_path).alive
    (tmp_path / "status.json").write_text(json.dumps(text | {"host": "elsewhere", "pid": 2**22 + 1}))
    assert read_status(tmp_path).alive
