"""Processes that are killed, or that find the disk full."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
import yaml
from killing import kill_on_the_way
from warm import ROOT, Python, python

from pipelines import execute, run
from pipelines.loop.callbacks import read_metrics
from pipelines.loop.callbacks.previews import history
from pipelines.loop.checkpoint import read_checkpoint
from pipelines.runs.status import read_status

Write = Callable[[Any], Path]


def assert_same(folder: Path, whole: Path) -> None:
    for name in ("drawing.svg", "drawing.png", "history.mp4"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    lines, expected = (read_metrics(f / "metrics.jsonl") for f in (folder, whole))
    for line in (*lines, *expected):
        line.pop("ms", None)
    assert lines == expected
    for file, other in zip(history(folder / "previews"), history(whole / "previews"), strict=True):
        assert (file.name, file.read_bytes()) == (other.name, other.read_bytes())


def pixels(settings: dict[str, Any]) -> dict[str, Any]:
    slow = {"slow": {"loss": "pixels:Slow", "seconds": 0.02}}
    return settings | {"steps": 80, "losses": settings["losses"] | slow, "video": {"formats": ["mp4"]}}


def sketch(settings: dict[str, Any]) -> dict[str, Any]:
    """The shipped sketch, made small, with an augmentation that draws from torch's own state."""
    config: dict[str, Any] = yaml.safe_load((ROOT / "configs" / "sketch.yaml").read_text())
    config |= {key: settings[key] for key in ("name", "output", "import_from")}
    config |= {
        "target": str(ROOT / "configs" / config["target"]),
        "strokes": 6,
        "ordered": True,
        "best_of": 2,
        "num_augs": 1,
        "augment": ["perspective", {"kornia": {"RandomPlanckianJitter": {"p": 0.5}}}],
        "size": 64,
    }
    # Slow, so that it does not end before it is killed on a fast machine.
    config["losses"]["slow"] = {"loss": "pixels:Slow", "seconds": 0.05}
    return config | {"steps": 16, "checkpoint_every": 1, "eval_every": 3, "preview_every": 2}


@pytest.mark.parametrize("make", [pixels, sketch])
def test_a_killed_run_ends_as_one_that_was_not(
    make: Callable[[dict[str, Any]], dict[str, Any]], settings: dict[str, Any], write_config: Write
) -> None:
    settings = make(settings)
    whole = run(settings, output=settings["output"] + "/whole")
    settings["output"] += "/killed"
    folder = kill_on_the_way(write_config(settings), Path(settings["output"]) / "copy")
    index = json.loads((folder / "checkpoint" / "checkpoint.json").read_text())["numbers"]["index"]
    assert 0 < index < settings["steps"]
    execute(folder)
    assert whole.folder is not None
    assert_same(folder, whole.folder)
    frames, _ = imageio_ffmpeg.count_frames_and_secs(str(folder / "history.mp4"))
    assert frames == len(history(folder / "previews")) + 1 + 24


def test_sigterm_ends_a_run_properly(settings: dict[str, Any], write_config: Write) -> None:
    settings = pixels(settings)
    whole = run(settings, output=settings["output"] + "/whole")
    settings["output"] += "/ended"
    runs = Path(settings["output"]) / "copy"
    process = Python("run.py", write_config(settings))
    while not (found := list(runs.glob("*/checkpoint/checkpoint.json"))):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    ended = process.end()
    assert ended.returncode == 143
    assert "stopped after step" in ended.stderr
    folder = found[0].parents[1]
    assert read_status(folder).state == "interrupted"
    assert (folder / "report.html").is_file()
    execute(folder)
    assert whole.folder is not None
    assert_same(folder, whole.folder)


def test_a_run_killed_before_its_first_checkpoint_starts_over(settings: dict[str, Any]) -> None:
    whole = run(settings, output=settings["output"] + "/whole")
    assert whole.folder is not None
    svg = (whole.folder / "drawing.svg").read_bytes()
    shutil.rmtree(whole.folder / "checkpoint")
    (whole.folder / "status.json").unlink()
    (whole.folder / "metrics.jsonl").write_text('{"step": 0, "total": [1, 2]}\n{"step": 1, "to')
    execute(whole.folder)
    assert (whole.folder / "drawing.svg").read_bytes() == svg
    assert [line["step"] for line in read_metrics(whole.folder / "metrics.jsonl")] == list(range(25))


def test_a_disk_that_fills_up_on_the_way(settings: dict[str, Any], write_config: Write) -> None:
    shortage = {"loss": "pixels:Shortage", "at": 12, "room": 20_000}
    config = write_config(settings | {"losses": settings["losses"] | {"shortage": shortage}})
    process = python("run.py", config)
    (folder,) = (Path(settings["output"]) / "copy").iterdir()
    place = folder / "checkpoint" / "step-0000015.safetensors"
    assert process.stderr.splitlines()[-1] == f"limn: cannot write {place}: File too large"
    assert "Traceback" not in process.stderr
    assert process.returncode == 2
    assert sorted(file.name for file in place.parent.iterdir()) == [
        "checkpoint.json",
        "previous.json",
        "step-0000005.safetensors",
        "step-0000010.safetensors",
    ]
    assert not list(folder.rglob(".*"))
    assert read_checkpoint(place.parent, (folder / "config.yaml").read_text()).numbers["index"] == 10


def test_a_disk_that_is_full_when_results_are_written(settings: dict[str, Any], write_config: Write) -> None:
    shortage = {"loss": "pixels:Shortage", "at": 12, "room": 100_000}
    losses = settings["losses"] | {"shortage": shortage}
    config = write_config(settings | {"losses": losses, "padding": 200_000})
    process = python("run.py", config)
    (folder,) = (Path(settings["output"]) / "copy").iterdir()
    assert process.stderr.splitlines()[-1] == f"limn: cannot write {folder}/animation.svg: File too large"
    assert process.returncode == 2
    names = {"config.yaml", "environment.json", "metrics.jsonl", "log.txt", "checkpoint", "previews"}
    names |= {"status.json", "status.lock"}
    assert {file.name for file in folder.iterdir()} == names
