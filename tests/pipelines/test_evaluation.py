"""Evaluation of runs: who may judge, what is written, the comparison of two batches."""

from __future__ import annotations

import csv
import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from PIL import Image, ImageDraw
from pyarrow import parquet
from shortened import shortened

from limn.artefact import Artefact
from limn.errors import InputError
from pipelines import read_config, run
from pipelines.cli.main import main
from pipelines.config.optimised import optimised_against
from pipelines.evaluate.compare import compare, paired_bootstrap
from pipelines.evaluate.evaluate import evaluate
from pipelines.evaluate.retrieval import from_above
from pipelines.evaluate.scene import drawn_again
from pipelines.evaluate.sheets import write_sheets
from pipelines.evaluate.subject import subject_of
from pipelines.runs.artefacts import write_artefacts
from pipelines.runs.folder import RunFolder

SHAPES = {
    "a red circle": ("ellipse", "red"),
    "a blue square": ("rectangle", "blue"),
    "a green circle": ("ellipse", "green"),
}


def drawn(folder: Path, prompt: str, seed: int = 0, side: int = 40, **config: Any) -> Path:
    """The folder of a run that has drawn what its prompt says."""
    folder.mkdir(parents=True)
    given = {"recipe": "draw", "prompt": prompt, "seed": seed, **config}
    (folder / "config.yaml").write_text(yaml.safe_dump(given))
    picture = Image.new("RGB", (64, 64), "white")
    shape, colour = SHAPES[prompt]
    low = 32 - side // 2
    getattr(ImageDraw.Draw(picture), shape)([low, low, low + side, low + side], fill=colour)
    picture.save(folder / "drawing.png")
    write_artefacts(folder, [Artefact(folder / "drawing.png", "picture")])
    return folder


def batch(folder: Path, **settings: Any) -> Path:
    """Two seeds of each shape."""
    for number, prompt in enumerate(SHAPES):
        for seed in (0, 1):
            drawn(folder / f"{number}-{seed}", prompt, seed, **{"side": 40 - 10 * seed, **settings})
    return folder


def test_a_batch_is_measured_and_written_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = batch(tmp_path / "runs")
    (runs / "queued").mkdir()
    (runs / "queued" / "config.yaml").write_text("recipe: draw\nprompt: a red circle\n")
    arguments = ["evaluate", str(runs), "classes=[a yellow star, a red heart]"]
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert "left out: " in said.err
    rows = {line.split()[0]: line.split() for line in said.out.splitlines() if line.strip()}
    assert rows["clip_score"][1] == "6"
    assert rows["zero_shot"][2:4] == ["1", "0"]
    assert rows["diversity"][1:] == [rows["diversity"][1]]
    whole = json.loads((runs / "evaluation" / "measures.json").read_text())
    one = json.loads((runs / "0-1" / "evaluation.json").read_text())
    assert one["found"]["zero_shot_taken_for"] == "red circle"
    assert one["made_by"]["clip_score"] == {"measure": "clip_score", "encoder": "pocket-judge"}
    table = list(csv.DictReader((runs / "evaluation" / "measures.csv").read_text().splitlines()))
    columns = parquet.read_table(runs / "evaluation" / "measures.parquet").to_pydict()
    assert len(table) == len(whole["results"]) == 6
    for row, kept, number in zip(table, whole["results"], range(6), strict=True):
        assert row["shows"] == kept["shows"] == columns["shows"][number]
        for name in ("clip_score", "r_precision", "zero_shot_probability"):
            assert float(row[name]) == kept[name] == columns[name][number]
    (record,) = [row for row in whole["results"] if row["result"] == str(runs / "0-1")]
    assert {name: record[name] for name in one["measures"]} == one["measures"]
    mean = sum(row["clip_score"] for row in whole["results"]) / 6
    assert whole["summaries"][0]["clip_score"]["mean"] == pytest.approx(mean)
    page = (runs / "evaluation" / "index.html").read_text()
    assert "<svg" in page
    assert page.count("data:image/webp") >= 8
    assert 'src="http' not in page and "<script" not in page


def test_records_keep_what_other_measures_said(tmp_path: Path) -> None:
    folder = drawn(tmp_path / "run", "a red circle")
    evaluate([folder], "clip_score")
    evaluate([folder], {"plain": {"measure": "zero_shot", "classes": ["a blue square"], "encoder": "pocket-judge"}})
    record = json.loads((folder / "evaluation.json").read_text())
    assert {"clip_score", "plain", "plain_probability"} <= record["measures"].keys()
    assert record["found"] == {"plain_taken_for": "red circle"}
    assert record["made_by"]["plain"]["classes"] == ["a blue square"]
    found = evaluate([folder], ["own_measures:Ink", {"zero_shot": {"classes": ["a cat"], "templates": "imagenet:3"}}])
    assert found.row(0)["ink"] == pytest.approx(2 / 3 * 0.307, abs=0.01)  # two channels of the circle are dark
    assert evaluate([folder], {"dark": {"measure": "own_measures:Ink", "power": 2}}).better == {"dark_ink": "lower"}
    record = json.loads((folder / "evaluation.json").read_text())
    assert {"clip_score", "plain", "ink", "dark_ink", "zero_shot"} <= record["measures"].keys()
    assert main(["evaluate", str(folder), "classes=[a red circle, a blue square]"]) == 0  # one result: recognition
    assert json.loads((folder / "evaluation.json").read_text())["measures"] == record["measures"]


@pytest.mark.parametrize(
    ("config", "settings", "encoders"),
    [
        ("clipstyler", {}, {"vgg": "losses.content", "pocket": "losses.whole"}),
        ("draw", {}, {"pocket": "losses.prior"}),
        ("draw", {"losses.prior.prior_options.encoder": ""}, {}),
        ("draw", {"losses.prior.weight": 0}, {}),
        ("dream_fields", {"encoder": "pocket-judge"}, {"pocket-judge": "losses.words"}),
        ("sketch", {}, {}),
        ("dream_fields", {"losses.words.encoder": "pocket-judge"}, {"pocket-judge": "losses.words"}),
        ("dream_fields", {"losses.words.weight": 0, "best": "clip"}, {"pocket": "best"}),
        ("magic3d", {}, {"pocket": "stages.field.losses.prior"}),
    ],
)
def test_what_a_run_was_optimised_against(config: str, settings: dict[str, Any], encoders: dict[str, str]) -> None:
    assert optimised_against(read_config(f"configs/{config}.yaml", settings.items())) == encoders


def test_nobody_judges_what_was_optimised_against_him(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = drawn(tmp_path / "run", "a red circle")
    for words in (["measures=clip_score"], ["classes=[a red circle, a cat]"]):
        assert main(["evaluate", str(folder), "encoder=pocket", *words]) == 2
        (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("limn: ")]
        assert "was optimised against pocket (losses.prior)" in line
        assert "judge=any" in line
        assert not (folder / "evaluation.json").exists()
        assert main(["evaluate", str(folder), "encoder=pocket", "judge=any", *words]) == 0
        (folder / "evaluation.json").unlink()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["measures=clip_scor"], "unknown measure 'clip_scor'; did you mean 'clip_score'?"),
        (["measures={clip_score: {encoder: pocket, view: 3}}"], "measures: clip_score: unknown key 'view'"),
        (["measures=[mesh, mesh]"], "mesh is there twice; give labels"),
        (["measures=[3]"], "expected a name, or one with its settings, got 3"),
        (["measures=zero_shot"], "zero_shot needs names to choose from"),
        (["measures={view_consistency: {views: 0}}"], "views: expected greater than or equal to 1, got 0"),
        (["measures=clip_score", "judge=all"], "judge: expected 'other' or 'any', got 'all'"),
        (["measures={cmmd: {reference: nowhere}}"], "reference: no such file: nowhere"),
        (["measures=likelihood", "encoder=vgg"], "vgg"),
        (["against=3"], "against: expected results, got 3"),
        (["against=RUN"], "1 of 1 and 1 results are pairs"),
        (["against=nothing*"], "nothing is named nothing*"),
        (["output=[a]", "measures=clip_score"], "output: expected a folder, got ['a']"),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path, words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = drawn(tmp_path / "run", "a red circle")
    assert main(["evaluate", str(folder), *(word.replace("RUN", str(folder)) for word in words)]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("limn: ")]
    assert len(said) == 1
    assert line in said[0]


def test_intervals_cover_as_often_as_they_say() -> None:
    """95 of 100 of synthetic batches, and no more than 5 of 100 batches that do not differ seem to."""
    generator = torch.Generator().manual_seed(0)
    for count in (8, 30):
        covered = false = 0
        for _ in range(300):
            low, high, _ = paired_bootstrap((0.3 + torch.randn(count, generator=generator)).tolist(), generator, 500)
            covered += low <= 0.3 <= high
            same = torch.rand(count, generator=generator) - 0.5
            false += paired_bootstrap(same.tolist(), generator, 500)[2] < 0.05
        assert 0.92 <= covered / 300 <= 0.98
        assert false / 300 <= 0.08


def test_the_bootstrap_of_what_does_not_vary() -> None:
    assert paired_bootstrap([2.0, 2.0, 2.0], torch.Generator(), 99) == (2.0, 2.0, 0.01)
    assert paired_bootstrap([0.0, 0.0], torch.Generator(), 99) == (0.0, 0.0, 1.0)


def test_two_batches_are_compared_in_pairs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    large, small = batch(tmp_path / "large", side=44), batch(tmp_path / "small", side=24)
    drawn(small / "more", "a red circle", seed=7)
    with caplog.at_level(logging.WARNING, "limn"):
        found = evaluate([large], "clip_score", against=[small])
        compared = compare(found)["clip_score"]
    assert "1 results have no partner" in caplog.text
    column = found.numbers()["clip_score"]
    differences = [a - b for a, b in zip(column[:6], column[6:12], strict=True) if a is not None and b is not None]
    assert compared.pairs == 6
    assert compared.difference == pytest.approx(sum(differences) / 6)
    assert compared.low <= compared.difference <= compared.high
    assert compared.effect == pytest.approx(compared.difference / float(torch.tensor(differences).std()))
    assert compare(found)["clip_score"] == compared
    page = write_sheets(tmp_path / "sheets", found, {"clip_score": compared}).read_text()
    assert "First against second" in page
    kept = json.loads((tmp_path / "sheets" / "measures.json").read_text())
    assert kept["comparison"]["clip_score"]["p"] == compared.p
    assert [row["batch"] for row in kept["results"]] == ["first"] * 6 + ["second"] * 7


def test_results_find_their_targets(tmp_path: Path) -> None:
    """A target's own picture is the nearest; results of one target are one cluster."""
    for number, prompt in enumerate(SHAPES):
        target = drawn(tmp_path / "targets" / str(number), prompt) / "drawing.png"
        for seed in (0, 1):
            folder = drawn(tmp_path / "runs" / f"{number}-{seed}", prompt, seed, side=36)
            config = {"recipe": "vectorise", "target": str(target), "seed": seed}
            (folder / "config.yaml").write_text(yaml.safe_dump(config))
    for pooling in ("whole", "mean", "max"):
        found = evaluate([tmp_path / "runs"], [{"recall": {"pooling": pooling}}, "ssim"])
        assert found.numbers()["recall_at_1"] == [1.0] * 6
        assert found.together[0]["recall_purity"] == 1.0
    assert min(value for value in found.numbers()["ssim"] if value is not None) > 0.5


def test_r_precision_is_that_of_the_scene_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """From the folder alone; without its checkpoint the model is looked at, and that is said."""
    config = Path("configs/dream_fields.yaml")
    settings = shortened(config, steps=2) | {"steps": 2, "video.formats": [], "output": tmp_path, "threads": 1}
    result = run(config, **settings)
    assert result.folder is not None
    cameras = from_above()
    with torch.no_grad():
        expected = result.renderer.render(cameras, (48, 48)).rgb[result.candidate]
    assert torch.equal(drawn_again(RunFolder.open(result.folder), cameras, (48, 48)), expected)
    found = evaluate([result.folder], {"r_precision": {"classes": ["a cat", "a house"]}})
    assert found.row(0)["r_precision_rank"] in (1.0, 2.0, 3.0)
    for file in result.folder.rglob("checkpoint/*"):
        file.unlink()
    with caplog.at_level(logging.WARNING, "limn"):
        evaluate([result.folder], {"r_precision": {"classes": ["a cat"]}})
    assert "its model is looked at" in caplog.text


def test_a_model_is_measured_all_around() -> None:
    found = evaluate(
        ["configs/assets/models/mug.glb"],
        ["mesh", {"view_consistency": {"views": 4}}, {"adjacent_lpips": {"views": 2}}],
    )
    numbers = found.row(0)
    assert numbers["mesh_watertight"] == 1.0
    assert 0 < float(numbers["view_consistency_least"]) <= float(numbers["view_consistency"]) < 1
    assert float(numbers["adjacent_lpips"]) > 0


def test_a_result_without_a_model_or_a_picture_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no model and no picture"):
        subject_of(tmp_path)
