"""Measures of form and sound: point clouds, depth in words, and what is heard."""

from __future__ import annotations

from pathlib import Path

import pytest
from solids import tower

from guidance.point_clouds import even_places, on_faces
from guidance.sound import load_listener, read_wav
from pipelines.cli.main import main
from pipelines.evaluate.evaluate import evaluate
from pipelines.task.models import read_model

MODELS = sorted(Path("configs/assets/models").glob("*.glb"))
NAMES = [model.stem for model in MODELS]
CAPTIONS = ["a dog", "a cat", "a bell"]


def write_cloud(model: Path, file: Path, count: int = 16384) -> Path:
    """Points of a model as a PLY file without faces."""
    mesh = read_model(model)
    points = on_faces(mesh.vertices[None], mesh.faces, even_places(count))[0].numpy().astype("<f4")
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {count}\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz") + "end_header\n"
    file.write_bytes(head.encode() + points.tobytes())
    return file


def test_the_shipped_models_are_recognised_by_their_points_alone(tmp_path: Path) -> None:
    clouds = [write_cloud(model, tmp_path / f"{model.stem}.ply") for model in MODELS]
    found = evaluate(clouds, {"point_cloud": {"classes": NAMES}}, encoder="pocket-judge")
    taken = [reading["point_cloud"]["point_cloud"] for reading in found.readings]
    assert sum(a == b for a, b in zip(taken, NAMES, strict=True)) >= 6  # one of seven by chance


def test_a_model_is_measured_as_its_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mug = next(model for model in MODELS if model.stem == "mug")
    measures = {"point_cloud": {"classes": NAMES}}
    model, cloud = (
        evaluate([path], measures, encoder="pocket").readings[0]["point_cloud"]["point_cloud_probability"]
        for path in (mug, write_cloud(mug, tmp_path / "mug.ply"))
    )
    assert model == pytest.approx(cloud, abs=0.1)  # a cloud is moved a little: its middle is that of its points
    views = ", ".join(["1"] + ["0"] * 9)
    setting = f"measures={{point_cloud: {{classes: [mug, vase], view_weights: [{views}]}}}}"
    assert main(["evaluate", str(mug), setting]) == 0
    assert "point_cloud_views" in capsys.readouterr().out


def test_depth_in_words_is_measured(tmp_path: Path) -> None:
    found = evaluate([tower(tmp_path)], {"depth_words": {"encoder_size": 96}}, encoder="pocket", views=2)
    value = found.numbers()["depth_words"][0]
    assert value is not None
    assert -1 <= value <= 1


def test_what_is_heard_is_measured(tone: Path, clap: str, tmp_path: Path) -> None:
    heard = load_listener(clap).probabilities(read_wav(tone), CAPTIONS)
    best = CAPTIONS[int(heard.argmax())]
    found = evaluate([tone], {"sound": {"classes": CAPTIONS, "listener": clap}})
    assert found.readings[0]["sound"]["sound"] == best
    assert found.numbers()["sound_probability"][0] == pytest.approx(float(heard.max()), abs=1e-5)
    picture = Path("configs/assets/kitten.png")
    setting = {"sound": str(tone), "captions": CAPTIONS, "listener": clap}
    shown = evaluate([picture], {"clap_score": setting}, encoder="pocket").readings[0]["clap_score"]
    assert shown["clap_score_caption"] == best
