"""Jobs files: which jobs they ask for, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from batches import write_jobs
from PIL import Image

from limn.errors import InputError
from pipelines.batch.job import Job
from pipelines.batch.jobs import jobs_of, read_jobs_file
from pipelines.cli.main import main
from pipelines.config.words import Words


def jobs(file: Path, *words: tuple[str, Any]) -> list[Job]:
    return jobs_of(read_jobs_file(file, words))


def settings_of(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(job.config)
    return found


def write(folder: Path, **jobs_file: Any) -> Path:
    file = folder / "words.yaml"
    file.write_text(yaml.safe_dump({"pipeline": "draw", "output": str(folder / "out"), **jobs_file}))
    return file


def test_a_grid_is_each_with_each_and_zip_row_by_row(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        defaults={"steps": 7, "losses": {"near": {"loss": "tone"}}},
        zip={"prompt": ["a cat", "a dog"], "strokes": [3, 5]},
        grid={"style": ["paint", "fill"], "losses.near.weight": [1, 2]},
        seeds=[4, 9],
        name="{prompt}, {style}-{losses.near.weight}-{seed}",
    )
    found = jobs(file)
    assert len(found) == 2 * 2 * 2 * 2 == len({job.id for job in found})
    first, second = settings_of(found[0]), settings_of(found[1])
    assert (first["prompt"], first["strokes"], first["seed"], first["steps"]) == ("a cat", 3, 4, 7)
    assert (second["seed"], settings_of(found[-1])["losses"]["near"]["weight"]) == (9, 2)
    assert {(settings_of(job)["prompt"], settings_of(job)["strokes"]) for job in found} == {("a cat", 3), ("a dog", 5)}
    assert found[0].name == "a cat, paint-1.0-4"
    assert found[0].folder == f"a-cat-paint-1.0-4-{found[0].id}"
    assert found[0].fields == {
        "prompt": "a cat",
        "strokes": 3,
        "style": "paint",
        "losses.near.weight": 1,
        "seed": 4,
    }


def test_tables_are_files(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(
        '\ufeffprompt,strokes,resources.cpus,name\n"a cat, sleeping",3,2,the {prompt}\n\na dog,,,\n', encoding="utf-8"
    )
    free = {"defaults": {"unknown_words": "allow"}}
    (tmp_path / "words.txt").write_text("a cat\n\n  a dog: sitting\n007\n")
    cat, dog = jobs(write(tmp_path, table="table.csv"))
    assert (settings_of(cat)["prompt"], settings_of(cat)["strokes"], cat.cpus) == ("a cat, sleeping", 3, 2)
    assert (cat.name, dog.name) == ("the a cat, sleeping", "a dog-64")
    assert (settings_of(dog)["strokes"], dog.cpus, settings_of(cat)["threads"]) == (64, 1, 2)
    assert [settings_of(job)["prompt"] for job in jobs(write(tmp_path, table="words.txt", **free))] == [
        "a cat",
        "a dog: sitting",
        "007",
    ]
    (tmp_path / "photos").mkdir()
    for name in ("b.png", "a.png"):
        Image.new("RGB", (4, 4), "red").save(tmp_path / "photos" / name)
    for table in ("photos", "photos/*.png"):
        found = jobs(write(tmp_path, pipeline="sketch", table=table, grid={"strokes": [1, 2]}))
        assert [job.name for job in found] == ["a-1", "a-2", "b-1", "b-2"]
        assert settings_of(found[0])["target"] == str(tmp_path / "photos" / "a.png")
    found = jobs(write(tmp_path, zip={"prompt": "words.txt", "target": ["photos/a.png", "photos/b.png", None]}, **free))
    assert settings_of(found[1])["target"] == str(tmp_path / "photos" / "b.png")


def test_a_list_may_choose_all_of_a_job(tmp_path: Path) -> None:
    rows = [
        {"prompt": "a cat", "resources": {"gpus": 0.25}, "limits.retries": 0},
        {"pipeline": "imagine", "prompt": "a cat", "limits": {"time": 60}, "name": "second"},
    ]
    first, second = jobs(write(tmp_path, list=rows, limits={"time": 5}, resources={"memory": 1}))
    assert (first.gpus, first.resources.memory, first.limits.time, first.limits.retries) == (0.25, 1, 5, 0)
    assert (second.limits.time, second.limits.retries, second.name) == (60, 2, "second")
    assert (settings_of(first)["recipe"], settings_of(second)["recipe"]) == ("draw", "imagine")


def test_the_command_line_changes_jobs_files_and_jobs(tmp_path: Path) -> None:
    file = write(tmp_path, grid={"prompt": ["a cat", "a dog"]}, defaults={"steps": 7})
    words = [("steps", Words("9")), ("seeds", Words("2")), ("limits.time", Words("3")), ("launcher", Words("inline"))]
    found = jobs(file, *words)
    assert len(found) == 4
    assert {(settings_of(job)["steps"], job.limits.time) for job in found} == {(9, 3)}
    assert read_jobs_file(file, words).jobs_file.launcher.name == "inline"


def test_an_id_says_what_a_job_is_and_not_where(tmp_path: Path) -> None:
    file = write(tmp_path, grid={"prompt": ["a cat"]})
    (job,) = jobs(file)
    assert jobs(file, ("output", str(tmp_path / "elsewhere")))[0].id == job.id
    assert jobs(file, ("name", "other"))[0].id == job.id
    assert jobs(file, ("steps", 2))[0].id != job.id
    assert jobs(file, ("resources.cpus", 2))[0].id != job.id
    (tmp_path / "out" / "words" / f"of-earlier-{job.id}").mkdir(parents=True)
    assert jobs(file)[0].folder == f"of-earlier-{job.id}"


def test_the_same_job_twice_is_done_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [{"prompt": "a cat"}, {"prompt": "a dog"}, {"prompt": "a cat"}]
    assert [job.name for job in jobs(write(tmp_path, list=rows))] == ["a cat", "a dog"]
    assert "done once, as it is the same as one before: job 3" in caplog.messages


def test_jobs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    first, second = jobs(write(tmp_path, seeds=2, defaults={"prompt": "a cat"}, name="{prompt}"))
    assert (first.name, second.name) == (f"a cat {first.id}", f"a cat {second.id}")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({"gird": {}}, "unknown key 'gird'; did you mean 'grid'?"),
        ({"pipeline": "drow"}, "pipeline: no pipeline or config 'drow'; did you mean 'draw'?"),
        ({"resources": {"cpu": 2}}, "resources: unknown key 'cpu'; did you mean 'cpus'?"),
        ({"resources": {"gpus": 1.5}}, "resources.gpus: expected a fraction up to 1 or a whole number, got 1.5"),
        ({"limits": {"retry": 2}}, "limits: unknown key 'retry'; did you mean 'retries'?"),
        ({"launcher": "locale"}, "launcher: unknown launcher 'locale'; did you mean 'local'?"),
        ({"launcher": {"local": {"worker": 2}}}, "unknown key 'worker'; did you mean 'workers'?"),
        ({"defaults": {"stepps": 2}}, "job 1: "),
        ({"defaults": {"run": "mine"}}, "run is not a setting of a job"),
        ({"defaults": {"name": "mine"}}, "name is not a setting of a job"),
        ({"defaults": {"threads": 2}, "resources": {"cpus": 3}}, "threads: 2, but resources.cpus: 3; give one of them"),
        ({"name": "{promt}"}, "name: unknown key 'promt'; did you mean 'prompt'?"),
        ({"seeds": 0}, "seeds: expected a number from 1 on, or a list, got 0"),
        ({"seeds": 2, "grid": {"seed": [1]}}, "'seed' is given by grid and by seeds"),
        ({"grid": {"steps": 3}}, "grid.steps: expected a list, a text file (.txt), a folder of pictures"),
        ({"grid": {"steps": []}}, "grid.steps: there is no value in []"),
        ({"grid": {"prompt": "none.txt"}}, "grid.prompt: no such file: none.txt"),
        ({"zip": {"steps": [1, 2], "size": [64]}}, "zip: expected columns of one length, but size has 1, steps has 2"),
        ({"table": "wide.csv"}, "row 1 has 2 cells, but line 1 has 1 keys"),
        ({"table": "twice.csv"}, "line 1: expected a different key in each column, got 'steps,steps'"),
        ({"table": "empty.csv"}, "there is no row below the keys"),
        ({"grid": {"steps": list(range(1, 400)), "size": list(range(400))}}, "159,600 jobs; expected at most 100,000"),
    ],
)
def test_what_is_wrong_is_one_line(
    content: dict[str, Any], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wide.csv").write_text("steps\n1,2\n")
    (tmp_path / "twice.csv").write_text("steps,steps\n1,2\n")
    (tmp_path / "empty.csv").write_text("steps\n")
    assert main(["batch", str(write(tmp_path, **content))]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"limn: {tmp_path / 'words.yaml'}: ")
    assert line in said
    assert not (tmp_path / "out").exists()


def test_all_wrong_jobs_are_named_before_anything_starts(tmp_path: Path) -> None:
    rows = [{"steps": 0}, {"strokes": 3}, {"prompt": "a zxcvbn"}, {"steps": 0}]
    with pytest.raises(InputError) as raised:
        jobs(write(tmp_path, list=rows))
    said = str(raised.value)
    assert "3 of 4 jobs are wrong, nothing was started. jobs 1, 4: " in said
    assert "steps: expected greater than or equal to 1, got 0; job 3: " in said
    assert "zxcvbn" in said


def test_a_dry_run_prints_the_table(
    tmp_path: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_jobs(tmp_path, settings, grid={"steps": [2, 3]}, seeds=2)
    assert main(["batch", str(file), "--dry-run", "seeds=1"]) == 0
    head, *rows, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["job", "gpus", "cpus", "steps", "seed", "name"]
    assert [row.split()[1:] for row in rows] == [["0", "1", "2", "0", "2"], ["0", "1", "3", "0", "3"]]
    assert last == f"2 jobs in {tmp_path / 'out' / 'jobs'}"
    assert not (tmp_path / "out").exists()
