from __future__ import annotations

import csv
import io
import logging
import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image
from pyarrow import parquet
from run_folders import BLUE, GREEN, RED, make_run

from limn.artefact import Artefact
from pipelines.gallery import read_record, read_records, write_gallery
from pipelines.gallery.tables import rows_of, write_tables
from pipelines.gallery.thumbnails import thumbnail, update_thumbnail
from pipelines.runs.artefacts import write_artefacts


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    make_run(tmp_path / "a", {"seed": 3, "rate": 0.1 + 0.2, "ordered": True, "size": [2, 3], "mixed": 1})
    odd = {
        "prompt": 'two\nlines, "quoted" \ud800',
        "rate": 1,
        "ordered": None,
        "mixed": "auto",
        "losses": {"a": {"w": 1}},
    }
    make_run(tmp_path / "b", odd, measures={"clip": 0.25})
    records, _ = read_records([tmp_path], tmp_path)
    rows = rows_of(records)
    assert rows[0].keys() == rows[1].keys()
    write_tables(tmp_path / "results", rows)
    with (tmp_path / "results.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["seed"], float(first["rate"]), first["ordered"], first["size"]) == ("3", 0.1 + 0.2, "true", "[2, 3]")
    assert (second["prompt"], second["ordered"], second["losses.a.w"], second["clip"]) == (
        'two\nlines, "quoted" ?', "", "1", "0.25"
    )  # fmt: skip
    table = parquet.read_table(tmp_path / "results.parquet").to_pylist()
    assert [{name: row[name] for name in row if name != "mixed"} for row in table] == [
        {name: row[name] for name in row if name != "mixed"} for row in rows
    ]
    assert [row["mixed"] for row in table] == ["1", "auto"]


def test_without_pyarrow_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    make_run(tmp_path / "a")
    with caplog.at_level(logging.WARNING, "limn"):
        folder = write_gallery([tmp_path]).parent
    assert len(caplog.messages) == 1 and "pip install 'limn[tables]'" in caplog.text
    assert (folder / "results.csv").is_file() and not (folder / "results.parquet").exists()


def test_a_thumbnail_shows_the_result(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", colours=(RED, BLUE), losses=(0.3, 0.2))
    file = update_thumbnail(tmp_path / "a.webp", read_record(run, tmp_path))
    assert file is not None and seen(file.read_bytes()) == ((48, 32), BLUE)
    made = file.stat().st_mtime_ns
    assert update_thumbnail(file, read_record(run, tmp_path)) == file
    assert file.stat().st_mtime_ns == made
    large = Image.new("RGBA", (1000, 2000))
    large.paste((*GREEN, 255), (0, 0, 1000, 1000))
    large.save(run / "drawing.png")
    update_thumbnail(file, read_record(run, tmp_path))
    picture = Image.open(file).convert("RGB")
    assert picture.size == (160, 320)
    assert picture.getpixel((80, 300)) == (255, 255, 255)  # where it is transparent


def test_thumbnails_of_runs_that_are_gone_go(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / name) for name in "ab"]
    folder = write_gallery([tmp_path]).parent / "thumbnails"
    assert len(list(folder.iterdir())) == 2
    shutil.rmtree(runs[0])
    write_gallery([tmp_path])
    assert len(list(folder.iterdir())) == 1


def test_a_thumbnail_of_a_scene_shows_one_view(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", views=4)
    sheet = Image.new("RGB", (400, 200), RED)
    sheet.paste(BLUE, (0, 0, 100, 100))
    sheet.save(run / "views.png")
    write_artefacts(run, [Artefact(run / "views.png", "picture")])
    assert seen(thumbnail(read_record(run, tmp_path))) == ((100, 100), BLUE)


@pytest.mark.parametrize("content", [None, b"", b"\x89PNG\r\n\x1a\n damaged"])
def test_a_thumbnail_falls_back_on_the_history(tmp_path: Path, content: bytes | None) -> None:
    run = make_run(tmp_path / "a", colours=(RED, BLUE), losses=(0.3, 0.2), views=3)
    if content is None:
        (run / "drawing.png").unlink()
    else:
        (run / "drawing.png").write_bytes(content)
    (run / "previews" / "0000030.png").write_bytes(b"half")
    assert seen(thumbnail(read_record(run, tmp_path))) == ((48, 32), BLUE)


def test_there_may_be_nothing_to_see(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", state="queued", steps=0)
    assert thumbnail(read_record(run, tmp_path)) is None


def seen(content: bytes | None) -> tuple[tuple[int, int], tuple[int, ...]]:
    """The size of a picture, and one of the colours that the tests paint where it has about that in its middle."""
    assert content is not None
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    pixel = picture.getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(pixel, tuple)
    near = [known for known in (RED, GREEN, BLUE) if max(abs(a - b) for a, b in zip(known, pixel, strict=True)) < 6]
    return picture.size, near[0] if near else pixel
