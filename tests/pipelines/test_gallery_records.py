from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from run_folders import BLUE, RED, make_history, make_run

from limn.errors import InputError
from pipelines import run
from pipelines.batch.job import Job, Limits, Resources
from pipelines.gallery import find_runs, read_record, read_records
from pipelines.runs.status import FILE, read_status


def test_a_run_is_told_by_its_folder_alone(settings: dict[str, Any]) -> None:
    result = run(settings, best="last")
    assert result.folder is not None
    record = read_record(result.folder, result.folder.parents[1])
    assert record.key == f"copy/{result.folder.name}"
    assert (record.name, record.pipeline, record.recipe, record.state) == ("target", "copy", "pixels:pixels", "done")
    (stage,) = record.history
    assert (stage.candidates, stage.best, stage.views) == (2, result.candidate, 1)
    assert stage.steps == [0, 4, 8, 12, 16, 20]
    assert record.eval_loss == pytest.approx(float(result.eval_losses[result.candidate]), rel=1e-6)
    assert record.seconds == pytest.approx(result.seconds, abs=0.01)
    assert [artefact.path for artefact in record.artefacts] == [artefact.path for artefact in result.artefacts]
    assert record.settings["losses.near.noise"] == 0.05
    assert record.settings["video.formats"] == "[]"
    assert not {"output", "run", "import_from"} & record.settings.keys()


def test_stages_come_in_their_order_and_the_last_one_gives_the_eval_loss(settings: dict[str, Any]) -> None:
    del settings["target"]
    result = run(settings, recipe="staged:staged", preview_every=1)
    assert result.folder is not None
    record = read_record(result.folder, result.folder)
    assert record.key == "."
    assert [stage.name for stage in record.history] == ["coarse", "fine"]
    assert [len(stage.files) for stage in record.history] == [12, 24]
    assert record.eval_loss == pytest.approx(float(result.eval_losses[result.candidate]), rel=1e-6)


def test_stages_of_a_config_come_in_its_order(tmp_path: Path) -> None:
    stages = {"first": {"eval_views": 4}, "early": None}
    folder = make_run(tmp_path / "run", {"stages": stages})
    for name in ("early", "first"):
        make_history(folder / "stages" / name, (RED, BLUE), (0.4, 0.2), 2, 4 if name == "first" else 1)
    record = read_record(folder, tmp_path)
    assert [(s.name, s.views, s.candidates, s.best) for s in record.history] == [("first", 4, 2, 1), ("early", 1, 2, 1)]
    assert record.seconds == 3.0


def test_runs_are_found_at_any_depth_and_what_is_damaged_is_named(tmp_path: Path) -> None:
    kept = ["a", "b/c/d", "b/e"]
    for name in kept:
        make_run(tmp_path / name)
    make_run(tmp_path / "a" / "start" / "inner")  # inside a run
    make_run(tmp_path / ".trash" / "old")
    damaged = {"text": "a: [", "no-config": None, "list": "- 1", "other": "model: x", "binary": b"\xff\xfe"}
    for name, content in damaged.items():
        folder = make_run(tmp_path / "broken" / name)
        if content is None:
            (folder / "config.yaml").unlink()
        else:
            (folder / "config.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    make_run(tmp_path / "b" / ".host-1-abc.part")
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert len(list(find_runs(tmp_path))) == len(kept) + len(damaged) + 1
    records, left_out = read_records([tmp_path, tmp_path / "b"], tmp_path)
    assert [record.key for record in records] == kept
    assert len({line for line in left_out if "/broken/" in line}) == len(damaged)
    assert any(line.endswith(".host-1-abc.part is half-written") for line in left_out)
    with pytest.raises(InputError, match=r"no folder .*nowhere"):
        read_records([tmp_path / "nowhere"], tmp_path)


@pytest.mark.parametrize("name", ["status.json", "metrics.jsonl", "artefacts.json", "job.json", "evaluation.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\x00", b'{"measures": [1]}', b"[" * 100_000])
def test_damage_beside_the_config_costs_no_more_than_what_it_hits(tmp_path: Path, name: str, content: bytes) -> None:
    folder = make_run(tmp_path / "run", job={"name": "first", "batch": "b"}, measures={"clip": 0.3})
    (folder / name).write_bytes(content)
    record = read_record(folder, tmp_path)
    assert record.fields()["prompt"] == "a frog"
    assert record.state == ("queued" if name == "status.json" else "done")
    json.dumps(record.fields(), allow_nan=False)


@pytest.mark.parametrize(
    "odd",
    [
        {"stages": ["a"], "best_of": "many", "eval_views": -1},
        {"stages": {"a": 3}, "prompt": None, "target": 7},
        {"steps": float("inf"), "seed": float("nan"), "losses": {}, "size": [2, 3]},
    ],
)
def test_odd_settings_do_no_harm(tmp_path: Path, odd: dict[str, Any]) -> None:
    record = read_record(make_run(tmp_path / "run", odd), tmp_path)
    json.dumps(record.fields(), allow_nan=False)
    assert record.name


def test_a_job_of_a_batch_has_its_name_and_its_batch(tmp_path: Path) -> None:
    config = "recipe: draw\nname: draw\nprompt: a frog\nseed: 2\n"
    job = Job("0f3a", "frog-2", "frog-2-0f3a", config, {"seed": 2}, Resources(), Limits())
    folder = job.prepare(tmp_path / "frogs")
    record = read_record(folder, tmp_path)
    fields = record.fields()
    assert (record.key, record.name, record.state) == ("frogs/frog-2-0f3a", "frog-2", "queued")
    assert (fields["batch"], fields["seed"], list(record.job["fields"])) == ("frogs", 2, ["seed"])


def test_measures_are_numbers_and_words(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    measures = {"clip": 0.31, "count": 3, "flag": True, "none": None, "nan": float("nan"), "huge": 10**400}
    evaluation = {"measures": measures, "found": {"taken_for": "a toad", "odd": 3}}
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    assert read_record(folder, tmp_path).measures == {"clip": 0.31, "count": 3.0, "taken_for": "a toad"}


def test_a_run_whose_process_died_is_interrupted(tmp_path: Path) -> None:
    alive, dead = (make_run(tmp_path / name, state="running") for name in ("alive", "dead"))
    status = json.loads((dead / FILE).read_text())
    (dead / FILE).write_text(json.dumps(status | {"heartbeat": time.time() - 3600}))
    assert [read_record(folder, tmp_path).state for folder in (alive, dead)] == ["running", "interrupted"]
    assert read_status(dead).state == "running"


def test_a_list_of_results_that_names_other_files_is_not_followed(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    (tmp_path / "secret.png").write_bytes(b"")
    rows = [{"path": path, "kind": "picture", "label": ""} for path in ("../secret.png", "/etc/passwd", "gone.png")]
    (folder / "artefacts.json").write_text(json.dumps([*rows, {"path": "drawing.png", "kind": "picture", "label": ""}]))
    assert [artefact.path.name for artefact in read_record(folder, tmp_path).artefacts] == ["drawing.png"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    long = tmp_path / "gone"
    long.mkdir()
    walk = find_runs(tmp_path)
    make_run(tmp_path / "a")
    assert next(walk) == tmp_path / "a"
    long.rmdir()
    with caplog.at_level(logging.WARNING, "limn"):
        assert list(walk) == []
    assert "cannot read" in caplog.text
