"""A package outside the repository adds parts of five kinds; `plugin` is the package."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import yaml
from killing import kill_when
from warm import python

ROOT = Path(__file__).parents[1]

Limn = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip has installed the package; this environment stays as it is."""
    folder = tmp_path_factory.mktemp("plugin")
    shutil.copytree(ROOT / "tests" / "plugin", folder / "source")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-build-isolation"]
    command = [*pip, "--target", str(folder / "installed"), str(folder / "source")]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr
    return folder / "installed"


@pytest.fixture
def limn(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> Limn:
    """The command line in a process that has the package."""
    monkeypatch.setenv("PYTHONPATH", str(plugin))

    return partial(python, "run.py")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A run with every part of the package; its encoder lies in a folder."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weather.json").write_text(json.dumps({"seed": 3}))
    settings = {
        "recipe": "forecast",
        "target": str(ROOT / "configs" / "assets" / "sailboat.png"),
        "words": ["sun", "rain", "snow"],
        "scene": {"stripes": {"count": 5}},
        "size": 48,
        "steps": 60,
        "best_of": 2,
        "checkpoint_every": 5,
        "encoder": f"weather:{tmp_path}/model",
        "precision": "float32",
        "num_augs": 1,
        "losses": {"agreement": {"share": 0.4, "second": {"encoder": "pocket", "num_augs": 0}}},
        "video": {"formats": []},
    }
    file = tmp_path / "weather.yaml"
    file.write_text(yaml.safe_dump(settings))
    return file


def test_its_parts_are_known_everywhere(limn: Limn, config: Path, tmp_path: Path) -> None:
    calls = [
        ("list",),
        ("schema",),
        (config, "losses.agreement.sahre=1"),
        (config, "encoder=wether"),
    ]
    with ThreadPoolExecutor(2) as pool:
        listed, schema, *refused = pool.map(lambda arguments: limn(*arguments), calls)
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    for part in (
        ["forecast", "Copies a picture with few stripes, then with twice as many, and says what weather it shows."],
        ["stripes", "Upright stripes of free colour."],
        ["agreement", "Pictures look like the target to two encoders."],
        ["weather", "A small random model: weather:FOLDER."],
        ["forecast", "How probable each kind of weather is."],
    ):
        assert part in lines
    known = json.loads(schema.stdout)["$defs"]
    scene = known["forecast"]["properties"]["scene"]["anyOf"]
    assert "stripes" in scene[0]["enum"]
    assert {"stripes"} in [set(choice.get("properties", {})) for choice in scene]
    assert "weather" in known["forecast"]["properties"]["encoder"]["examples"]
    (term,) = (term for term in known["Term"]["anyOf"] if term["title"] == "Agreement")
    assert term["properties"]["share"] == {
        "default": 0.5,
        "description": "of the second encoder in the loss, in 0..1.",
        "title": "Share",
        "type": "number",
    }
    assert [(answer.returncode, answer.stdout, answer.stderr) for answer in refused] == [
        (2, "", f"limn: {config}: losses.agreement: unknown key 'sahre'; did you mean 'share'?\n"),
        (2, "", "limn: unknown encoder 'wether'; did you mean 'weather'?\n"),
    ]


def test_it_runs_is_killed_resumed_and_exported_without_its_encoder(limn: Limn, config: Path, tmp_path: Path) -> None:
    killed_runs = tmp_path / "killed" / "weather"
    with ThreadPoolExecutor(2) as pool:
        whole = pool.submit(limn, config, f"output={tmp_path}/whole")
        killed = kill_when([config, f"output={tmp_path}/killed"], killed_runs, "stages/fine/checkpoint/checkpoint.json")
    assert whole.result().returncode == 0, whole.result().stderr
    folder = Path(whole.result().stdout.strip())
    assert json.loads((killed / "status.json").read_text())["stage"] == "fine"
    assert not (killed / "artefacts.json").exists()

    resumed = limn("resume", killed)
    assert resumed.returncode == 0, resumed.stderr
    results = ["forecast.json", "stripes.png"]
    wanted = contents(folder, [*results, *states(folder)])
    assert contents(killed, [*results, *states(killed)]) == wanted
    assert len(states(folder)) == 4  # two of each stage

    page = (folder / "report.html").read_text()
    chances = json.loads((folder / "forecast.json").read_text())
    assert re.findall(r'<p class="forecast">(\w+): ', page) == list(chances) == ["sun", "rain", "snow"]
    assert "<h2>the weather</h2>" in page

    shutil.rmtree(tmp_path / "model")
    for name in results:
        (killed / name).unlink()
    exported = limn("export", killed, "size=96")
    assert exported.returncode == 0, exported.stderr
    assert {Path(line).name for line in exported.stdout.splitlines()} == {*results, "stripes-96.png"}
    assert contents(killed, [*results, *states(killed)]) == wanted


def states(folder: Path) -> list[str]:
    """The tensors that a run ends with, of each stage."""
    return sorted(str(file.relative_to(folder)) for file in folder.glob("stages/*/checkpoint/*.safetensors"))


def contents(folder: Path, names: list[str]) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names}
