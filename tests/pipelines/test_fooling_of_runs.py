"""How much a run fools its encoder stands beside its result, once and for all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from torchvision.transforms.functional import to_tensor

from guidance import Prompt, load_encoder
from guidance.fooling import measure_fooling
from limn.errors import InputError
from pipelines import execute, run
from pipelines.evaluate.evaluate import evaluate
from pipelines.loop.optimise import Result

SMALL = {
    "recipe": "imagine",
    "prompt": "a red apple:2 | a worm:-1",
    "by": "clip",
    "renderer": "pixels",
    "losses": {"clip": {"loss": "text_similarity"}},
    "size": 32,
    "steps": 4,
    "num_augs": 0,
    "checkpoint_every": 2,
    "video": {"formats": []},
}


def made(tmp_path: Path, **changes: Any) -> tuple[Path, dict[str, Any]]:
    """The folder of a run, and what was measured of it."""
    result = run(SMALL | {"output": str(tmp_path)} | changes)
    assert result.folder is not None
    file = result.folder / "evaluation.json"
    return result.folder, json.loads(file.read_text()) if file.exists() else {}


def shown(folder: Path) -> dict[str, str]:
    """The facts of a report."""
    return dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", (folder / "report.html").read_text()))


def test_it_is_measured_of_the_result_and_reported(tmp_path: Path) -> None:
    folder, record = made(tmp_path)
    assert record["made_by"] == {"fooling": {"measure": "fooling", "encoder": "pocket-judge", "optimised": "pocket"}}
    picture = to_tensor(Image.open(folder / "picture.png"))[None]
    encoders = (load_encoder(name, precision="float32") for name in ("pocket", "pocket-judge"))
    expected = measure_fooling(picture, Prompt.parse(SMALL["prompt"]), *encoders)
    assert record["measures"] == pytest.approx(expected, abs=0.02)
    facts = shown(folder)
    assert facts["score"].startswith(f"{record['measures']['fooling_score']:.2f} by pocket, which it was optimised")
    assert facts["score after"].startswith(f"JPEG {record['measures']['fooling_jpeg']:.2f}, blur ")
    assert (
        facts["fooling"] == f"{record['measures']['fooling']:.0%} of what pocket sees in it, pocket-judge does not see"
    )
    found = evaluate([folder], "fooling").row(0)
    assert found == pytest.approx(expected, abs=0.1)
    assert evaluate([folder], {"mine": {"measure": "fooling"}}).better["mine"] == "lower"
    with pytest.raises(InputError, match=r"was optimised against pocket \(losses\.clip\)"):
        evaluate([folder], {"fooling": {"encoder": "pocket"}})


def test_results_that_are_written_again_are_not_judged_again(tmp_path: Path) -> None:
    folder, record = made(tmp_path)
    record["measures"]["fooling"] = 0.123
    (folder / "evaluation.json").write_text(json.dumps(record))
    (folder / "picture.png").unlink()
    execute(folder)
    assert shown(folder)["fooling"].startswith("12% of")
    assert json.loads((folder / "evaluation.json").read_text()) == record


def test_a_run_that_was_killed_before_its_results_is_measured_alike(tmp_path: Path) -> None:
    folder, record = made(tmp_path)
    (folder / "evaluation.json").unlink()
    (folder / "status.json").unlink()
    again: Result = execute(folder)
    assert again.steps == 4
    assert json.loads((folder / "evaluation.json").read_text()) == record


@pytest.mark.parametrize(
    ("changes", "made_by"),
    [
        ({"encoder": "pocket-judge"}, {"encoder": "pocket", "optimised": "pocket-judge"}),
        ({"prompt": "a red qwxyz", "unknown_words": "allow"}, {"encoder": None, "optimised": "pocket"}),
        ({"losses": {"calm": {"loss": "fourier_variation"}}}, None),
        ({"prompt": "a worm:-1"}, None),
        (
            {"losses": {"both": {"loss": "text_ensemble", "encoders": ["pocket-judge", "pocket"]}}},
            {"encoder": None, "optimised": "pocket"},
        ),
    ],
)
def test_who_judges(changes: dict[str, Any], made_by: dict[str, Any] | None, tmp_path: Path) -> None:
    folder, record = made(tmp_path, **{"steps": 2, **changes})
    if made_by is None:
        assert record == {}
        assert "score" not in shown(folder)
        return
    assert record["made_by"]["fooling"] == {"measure": "fooling", **made_by}
    assert ("fooling" in record["measures"]) == ("fooling" in shown(folder)) == (made_by["encoder"] is not None)
    assert (
        shown(folder)["score"].split(" ", 1)[1].startswith(f"by {made_by['optimised']}, which it was optimised against")
    )


def test_smoothing_is_set_for_all_losses_or_for_one(tmp_path: Path) -> None:
    losses = {"a": {"loss": "text_similarity"}, "b": {"loss": "text_similarity", "smoothing": 0.0}}
    folder, _ = made(tmp_path, losses=losses, smoothing=0.5, num_augs=2, steps=1)
    values = json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])["losses"]
    assert values["a"] != values["b"]
    with pytest.raises(InputError, match="smoothing: expected less than or equal to 1, got 2"):
        made(tmp_path, smoothing=2)
