from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from guidance import load_encoder
from guidance.encoders import hub
from guidance.encoders.pretrained import _check_tag
from limn.errors import InputError


def test_the_same_name_gives_the_same_encoder(folders: dict[str, Path]) -> None:
    name = f"local-dir:{folders['vit']}"
    assert load_encoder(name) is load_encoder(name, "cpu", "auto")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pockt", "unknown encoder 'pockt'; did you mean 'pocket'?"),
        ("ViT-B-33/openai", "unknown encoder 'ViT-B-33/openai'; did you mean 'ViT-B-32'?"),
        ("ViT-B-32/opnai", "encoder 'ViT-B-32' has no weights 'opnai'; did you mean 'openai'?"),
        ("ViT-B-32", "encoder 'ViT-B-32' has no weights ''; known: "),
        ("local-dir:/nowhere/at/all", "encoder 'local-dir:/nowhere/at/all': there is no such folder"),
    ],
)
def test_a_wrong_name_is_one_clear_line(name: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_encoder(name)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_names_its_neighbour(folders: dict[str, Path]) -> None:
    folder = folders["vit"]
    with pytest.raises(InputError, match=f"did you mean {folder}"):
        load_encoder(f"local-dir:{folder}x")


def test_a_folder_without_a_config(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the folder has no open_clip_config\.json"):
        load_encoder(f"local-dir:{tmp_path}")


@pytest.mark.parametrize("damage", ["header", "short", "absent", "config"])
def test_damaged_files_are_one_clear_line(damage: str, folders: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folders["vit"], tmp_path / "model")
    weights = folder / "open_clip_model.safetensors"
    if damage == "header":
        weights.write_bytes(b"\xff" * 64 + weights.read_bytes()[64:])
    elif damage == "short":
        weights.write_bytes(weights.read_bytes()[:5000])
    elif damage == "absent":
        weights.unlink()
    else:
        (folder / "open_clip_config.json").write_text("{")
    with pytest.raises(InputError, match="damaged or do not belong together") as caught:
        load_encoder(f"local-dir:{folder}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["hf-hub:some-org/some-model", "RN50/yfcc15m"])
def test_without_a_network_it_says_at_once_what_to_download(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_reachable", lambda endpoint: False)
    monkeypatch.setenv("no_proxy", "*")
    start = time.perf_counter()
    with pytest.raises(InputError, match="local-dir:") as caught:
        load_encoder(name)
    assert "without a network" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.perf_counter() - start < 10


def test_weights_trained_with_quick_gelu_get_it() -> None:
    assert _check_tag("ViT-B-32/openai")[1]["force_quick_gelu"]
    assert not _check_tag("ViT-B-32/laion2b_s34b_b79k")[1]["force_quick_gelu"]
