"""Files beside the checkpoint that are damaged or gone are made again, or left out with one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from limn.choices import choose, keeping_choices
from pipelines import run
from pipelines.cli.main import main
from pipelines.loop.callbacks import read_metrics
from pipelines.task.start import Start


def cut(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:60])


def write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def stray_folder(folder: Path) -> None:
    (folder / "previews" / "0000003.png").mkdir()


def wide_picture(folder: Path) -> None:
    Image.new("RGB", (31, 33)).save(folder / "previews" / "0000004.png")


def foreign_lines(folder: Path) -> None:
    file = folder / "metrics.jsonl"
    lines = file.read_text().splitlines()
    broken = [lines[0], '{"loss": 3}', "[]", '{"step": "4"}', '{"step": 1, "losses": 3}', *lines[1:], '{"step": 9, "to']
    file.write_text("\n".join(broken))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a cut preview": (cut("previews/0000004.png"), "previews/0000004.png is damaged"),
    "an empty preview": (write("previews/0000008.png", b""), "previews/0000008.png is damaged"),
    "a preview of another run": (wide_picture, "previews/0000004.png is damaged"),
    "a stray folder among previews": (stray_folder, ""),
    "a stray file among previews": (write("previews/12 (copy).png", b"x"), ""),
    "a thumbnail": (write("previews/Thumbs.db", b"x"), ""),
    "metrics of other lines": (foreign_lines, "metrics.jsonl: 4 damaged lines are left out"),
    "metrics that are not UTF-8": (write("metrics.jsonl", b"\xff\xfe\n\x00\xff\n"), "metrics.jsonl: 1 damaged lines"),
    "no metrics": (lambda folder: (folder / "metrics.jsonl").unlink(), ""),
    "a broken environment": (write("environment.json", b"{"), "environment.json was damaged"),
    "another environment": (write("environment.json", b"[1]"), "environment.json was damaged"),
    "no environment": (lambda folder: (folder / "environment.json").unlink(), ""),
    "a broken status": (write("status.json", b'{"state": 3}'), ""),
    "a status of numbers": (write("status.json", b"7"), ""),
    "no lock": (lambda folder: (folder / "status.lock").unlink(), ""),
    "no previews": (lambda folder: shutil.rmtree(folder / "previews"), ""),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_run_goes_on(name: str, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    still = {"loss": "pixels:Interruption", "at": 12}
    stopped = run(settings | {"losses": settings["losses"] | {"still": still}})
    assert stopped.folder is not None
    assert stopped.steps == 13
    damage, line = DAMAGES[name]
    damage(stopped.folder)
    capsys.readouterr()
    assert main(["resume", str(stopped.folder)]) == 0
    said = capsys.readouterr().err.splitlines()
    assert [line] == [found for found in [line] if any(found in text for text in said)]
    assert len({text for text in said if "damaged" in text}) == (1 if "damaged" in line else 0)
    facts = json.loads((stopped.folder / "environment.json").read_text())
    assert "torch" in facts
    assert [row["step"] for row in read_metrics(stopped.folder / "metrics.jsonl")][-12:] == list(range(13, 25))
    assert (stopped.folder / "report.html").is_file()
    assert not list(stopped.folder.rglob(".*"))


RESULTS = ("drawing.svg", "report.html", "artefacts.json")


@pytest.mark.parametrize("name", RESULTS)
def test_results_that_are_gone_are_written_again(
    name: str, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(settings, steps=6)
    assert result.folder is not None
    whole = {file: (result.folder / file).read_bytes() for file in RESULTS}
    (result.folder / name).unlink()
    assert main(["resume", str(result.folder)]) == 0
    assert {file: (result.folder / file).read_bytes() for file in ("drawing.svg", "artefacts.json")} == {
        file: whole[file] for file in ("drawing.svg", "artefacts.json")
    }
    assert (result.folder / "report.html").is_file()
    assert f"wrote {RESULTS[0]}" in capsys.readouterr().err


def test_a_damaged_list_of_results_is_written_again(settings: dict[str, Any]) -> None:
    result = run(settings, steps=6)
    assert result.folder is not None
    whole = (result.folder / "artefacts.json").read_bytes()
    (result.folder / "artefacts.json").write_bytes(whole[:50])
    assert main(["resume", str(result.folder)]) == 0
    assert (result.folder / "artefacts.json").read_bytes() == whole


def test_a_damaged_start_is_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    import torch

    start = Start(tmp_path)
    first = start.once("points", lambda: {"x": torch.arange(3.0)})
    (tmp_path / "points.safetensors").write_bytes(b"\x08")
    again = start.once("points", lambda: {"x": torch.arange(3.0)})
    assert torch.equal(first["x"], again["x"])
    assert "points.safetensors was damaged and is made again" in caplog.text
    caplog.clear()
    start.once("points", lambda: pytest.fail("made again"))
    assert caplog.text == ""


def test_damaged_choices_are_decided_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "choices.json"
    file.write_text("[")
    with keeping_choices(file):
        assert choose("of a damaged file", lambda: "this") == "this"
        assert choose("of a damaged file", lambda: "that") == "this"
    assert "choices.json is damaged" in caplog.text
    assert json.loads(file.read_text()) == {"of a damaged file": "this"}
