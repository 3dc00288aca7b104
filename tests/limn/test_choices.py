from __future__ import annotations

import json
from pathlib import Path

from limn.choices import choose, keeping_choices


def test_a_choice_is_measured_once_in_a_process() -> None:
    asked: list[int] = []
    for _ in range(2):
        assert choose("once in a process", lambda: asked.append(1) or "float32") == "float32"
    assert asked == [1]


def test_a_run_keeps_its_choice_whatever_is_measured_later(tmp_path: Path) -> None:
    file = tmp_path / "choices.json"
    with keeping_choices(file):
        assert choose("kept by a run", lambda: "bfloat16") == "bfloat16"
        assert choose("another", lambda: "float32") == "float32"
    assert json.loads(file.read_text()) == {"kept by a run": "bfloat16", "another": "float32"}
    file.write_text(json.dumps({"kept by a run": "float32"}))
    with keeping_choices(file):
        assert choose("kept by a run", lambda: "bfloat16") == "float32"
    assert choose("kept by a run", lambda: "") == "bfloat16"


def test_runs_of_a_batch_choose_as_the_first_of_them(tmp_path: Path) -> None:
    batch, first, second = (tmp_path / f"{name}.json" for name in ("batch", "first", "second"))
    batch.write_text(json.dumps({"of the batch": "float32"}))
    for run in (first, second):
        with keeping_choices(batch), keeping_choices(run):
            assert choose("of the batch", lambda: "bfloat16") == "float32"
            assert choose("new in the batch", lambda: "bfloat16") == "bfloat16"
        assert json.loads(run.read_text()) == json.loads(batch.read_text())
    assert json.loads(batch.read_text()) == {"of the batch": "float32", "new in the batch": "bfloat16"}
