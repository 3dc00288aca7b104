"""CLIP R-Precision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from guidance import load_encoder
from limn.errors import InputError
from pipelines.cli.main import main
from pipelines.evaluate.retrieval import Precision, Retrieval, from_above, retrieve
from renderers.mesh import write_glb
from renderers.mesh.renderer import MeshRenderer
from renderers.solids import captions, solid


def test_precision_is_the_share_of_hits() -> None:
    found = [Retrieval("a", "a", 1), Retrieval("b", "a", 2), Retrieval("c", "c", 1), Retrieval("d", "d", 1)]
    precision = Precision.of(found)
    assert precision.mean == 0.75
    assert precision.error == 0.25  # that of the sample: sd 0.5 over sqrt(4)


def test_the_nearest_caption_is_found_and_ties_do_not_count_as_hits() -> None:
    judge = load_encoder("pocket-judge")
    generator = torch.Generator().manual_seed(0)
    pictures, names = torch.rand(3, 3, 64, 64, generator=generator), ["a mug", "a chair", "a rocket", "Mug, a."]
    cosine = F.normalize(judge(pictures).embedding, dim=-1) @ F.normalize(judge.encode_text(names[:3]), dim=-1).T
    with torch.no_grad():
        found = retrieve(pictures, ["A chair."] * 3, names[:3], judge)
        tied = retrieve(pictures, ["a zyx"] * 3, ["a zyx", "a zyz"], judge)  # words that it has never met
    for row, each in zip(cosine, found, strict=True):
        assert each.rank == 1 + int((row > row[1]).sum())
        assert each.taken_for == names[int(row.argmax())]
    assert [each.rank for each in tied] == [2, 2, 2]
    with pytest.raises(InputError, match=r"'a chain' is not among the 3 captions; did you mean 'a chair'"):
        retrieve(pictures, ["a chain"] * 3, names[:3], judge)


def test_things_are_known_from_above(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    camera, judge = from_above(), load_encoder("pocket-judge")
    assert [float(angle.rad2deg()) for angle in (camera.azimuth, camera.elevation)] == pytest.approx([30, 45])
    names = ["a chair", "a rocket", "a cactus", "a red cube"]
    made = [solid(name) for name in names]
    meshes = [each.mesh(24) for each in made if each is not None]
    with torch.no_grad():
        pictures = torch.cat([MeshRenderer(mesh, size=(64, 64)).render(camera).rgb[0] for mesh in meshes])
        assert Precision.of(retrieve(pictures, names, captions(), judge)).mean == 1.0
    (path,) = write_glb(tmp_path / "chair.glb", meshes[0])
    main(["evaluate", str(path), "classes=solids", "encoder=pocket-judge", "caption=a chair", "views=2"])
    assert "a chair" in capsys.readouterr().out
    written = json.loads((tmp_path / "chair.evaluation.json").read_text())
    assert written["retrieval"] == {"caption": "a chair", "taken_for": "a chair", "rank": 1}
    assert len(written["classes"]) == len(captions())
