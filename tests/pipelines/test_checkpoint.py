from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from pixels import Near, Pixels

from guidance import Objective
from limn.errors import InputError
from pipelines import Callback, Settings, run
from pipelines.cli.main import main
from pipelines.loop.callbacks import Checkpoints, Metrics, read_metrics
from pipelines.loop.checkpoint import Snapshot, copy_tensors, read_checkpoint, write_checkpoint
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import optimise


def snapshot(step: int = 3) -> Snapshot:
    return Snapshot({"a/points": torch.arange(6.0).reshape(2, 3), "a/step": torch.tensor(2.0)}, {"index": step})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, snapshot(), "config")
    found = read_checkpoint(tmp_path, "config")
    assert found.numbers == {"index": 3}
    assert found.tensors.keys() == snapshot().tensors.keys()
    assert all(torch.equal(tensor, found.tensors[name]) for name, tensor in snapshot().tensors.items())


def test_the_two_latest_stay(tmp_path: Path) -> None:
    for step in (3, 6, 9, 9):
        write_checkpoint(tmp_path, snapshot(step), "config")
    names = ["checkpoint.json", "previous.json", "step-0000006.safetensors", "step-0000009.safetensors"]
    assert sorted(file.name for file in tmp_path.iterdir()) == names


def test_tensors_without_an_index_leave_the_checkpoint_before_valid(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, snapshot(3), "config")
    (tmp_path / "step-0000006.safetensors").write_bytes(b"half")
    assert read_checkpoint(tmp_path, "config").numbers == {"index": 3}
    write_checkpoint(tmp_path, snapshot(6), "config")
    assert read_checkpoint(tmp_path, "config").numbers == {"index": 6}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("a/step"), "the checkpoint has no tensor 'a/step'"),
        (lambda t: t.update({"b": torch.ones(1)}), "the checkpoint has a tensor 'b' that this run has no place for"),
        (
            lambda t: t.update({"a/points": torch.ones(2, 4)}),
            "the checkpoint's tensor 'a/points' is torch.float32 [2, 4], this run needs torch.float32 [2, 3]",
        ),
        (
            lambda t: t.update({"a/step": torch.tensor(2)}),
            "the checkpoint's tensor 'a/step' is torch.int64 [], this run needs torch.float32 []",
        ),
    ],
)
def test_a_tensor_that_does_not_fit_is_named_and_nothing_copied(change: Callable[[Any], Any], message: str) -> None:
    places = {name: tensor * 0 for name, tensor in snapshot().tensors.items()}
    other = snapshot()
    change(other.tensors)
    with pytest.raises(InputError) as error:
        copy_tensors(other.tensors, places)
    assert str(error.value) == message
    assert not places["a/points"].any()


def test_what_has_grown_takes_the_size_of_the_checkpoint_but_no_other_population() -> None:
    places = {"points": torch.zeros(2, 3)}
    copy_tensors({"points": torch.ones(2, 5)}, places, grown=True)
    assert torch.equal(places["points"], torch.ones(2, 5))
    for other in (torch.ones(3, 5), torch.ones(2, 5, 1), torch.ones(2, 5, dtype=torch.float64)):
        with pytest.raises(InputError, match="the checkpoint's tensor 'points' is"):
            copy_tensors({"points": other}, places, grown=True)


def cut(folder: Path) -> None:
    tensors = max(folder.glob("*.safetensors"))
    tensors.write_bytes(tensors.read_bytes()[:-100])


def flip(folder: Path) -> None:
    tensors = max(folder.glob("*.safetensors"))
    content = bytearray(tensors.read_bytes())
    content[-5] ^= 1
    tensors.write_bytes(content)


def edit(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        index = json.loads((folder / "checkpoint.json").read_text())
        (folder / "checkpoint.json").write_text(json.dumps(index | changes))

    return change


class Steps(Callback):
    """Notes which checkpoint there is, and how many lines of metrics, after each step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: list[tuple[int | None, int]] = []

    def step(self, loop: Loop) -> None:
        index = self.folder / "checkpoint.json"
        there = json.loads(index.read_text())["numbers"]["index"] if index.exists() else None
        self.found.append((there, len(read_metrics(self.folder.with_name("metrics.jsonl")))))


@pytest.mark.parametrize(
    ("every", "seconds", "expected"),
    [
        (100, 1e-9, [(1, 1), (2, 2), (3, 3), (3, 3)]),  # as slow steps; the last is written at the end
        (2, 3600.0, [(None, 0), (2, 2), (2, 2), (2, 2)]),
    ],
)
def test_a_checkpoint_is_due_after_some_steps_or_some_time(
    tmp_path: Path, every: int, seconds: float, expected: list[tuple[int | None, int]]
) -> None:
    folder, picture = tmp_path / "checkpoint", torch.rand(1, 3, 4, 4)
    metrics, steps = Metrics(tmp_path / "metrics.jsonl"), Steps(folder)
    callbacks = [metrics, Checkpoints(folder, "config", every, seconds, metrics.flush), steps]
    optimise(Pixels(picture), Objective({"near": Near(picture)}), Settings(4), callbacks)
    assert steps.found == expected
    assert json.loads((folder / "checkpoint.json").read_text())["numbers"]["index"] == 4


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "cut": (cut, "damaged checkpoint: {folder}/step-0000006.safetensors is not what was written"),
    "flipped bit": (flip, "damaged checkpoint: {folder}/step-0000006.safetensors is not what was written"),
    "numbers": (
        edit(numbers={"index": 4}),
        "damaged checkpoint: {folder}/step-0000006.safetensors is not what was written",
    ),
    "no tensors": (
        lambda f: max(f.glob("*.safetensors")).unlink(),
        "no checkpoint: {folder}/step-0000006.safetensors does not exist",
    ),
    "rubbish": (
        lambda f: (f / "checkpoint.json").write_text("{"),
        "damaged checkpoint: {folder}/checkpoint.json is not what was written",
    ),
    "bytes": (
        lambda f: (f / "checkpoint.json").write_bytes(b"\xff\xfe\x00"),
        "damaged checkpoint: {folder}/checkpoint.json is not what was written",
    ),
    "another type": (
        lambda f: (f / "checkpoint.json").write_text("[]"),
        "damaged checkpoint: {folder}/checkpoint.json is not what was written",
    ),
    "a later version": (edit(version=9), "{folder}/checkpoint.json is of version 9; this program reads version 4"),
    "another config": (
        lambda f: (f.parent / "config.yaml").write_text(
            (f.parent / "config.yaml").read_text().replace("seed: 3", "seed: 4")
        ),
        "config.yaml is not the one that {folder}/checkpoint.json was made with; start a new run with it instead",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_checkpoint_is_refused(
    name: str, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(settings, steps=6, checkpoint_every=6)
    assert result.folder is not None
    damage, message = DAMAGES[name]
    damage(result.folder / "checkpoint")
    capsys.readouterr()
    for command in ("resume", "export"):
        assert main([command, str(result.folder)]) == 2
        expected = message.format(folder=result.folder / "checkpoint")
        assert capsys.readouterr() == ("", f"limn: {expected}\n")


LOSSES = [name for name, (_, message) in DAMAGES.items() if "{folder}" in message and "version" not in name]
LOSSES.remove("another config")


@pytest.mark.parametrize("name", LOSSES)
def test_instead_of_a_damaged_checkpoint_the_one_before_is_used(
    name: str, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(settings, steps=6)
    assert result.folder is not None
    folder = result.folder
    whole = {file: (folder / file).read_bytes() for file in ("drawing.svg", "metrics.jsonl")}
    damage, message = DAMAGES[name]
    damage(folder / "checkpoint")
    capsys.readouterr()
    expected = message.format(folder=folder / "checkpoint") + "; the one before it, of step 5, is used"
    assert main(["export", str(folder)]) == 0
    assert capsys.readouterr().err.splitlines() == [expected]
    assert main(["resume", str(folder)]) == 0
    assert capsys.readouterr().err.splitlines()[0] == expected
    assert (folder / "drawing.svg").read_bytes() == whole["drawing.svg"]
    steps = [json.loads(line)["step"] for line in whole["metrics.jsonl"].splitlines()]
    assert [line["step"] for line in read_metrics(folder / "metrics.jsonl")] == steps
    assert main(["resume", str(folder)]) == 0
    assert "is used" not in capsys.readouterr().err


def test_without_an_index_the_one_before_is_used_and_without_any_a_run_starts_over(
    settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(settings, steps=6)
    assert result.folder is not None
    drawing = (result.folder / "drawing.svg").read_bytes()
    place = result.folder / "checkpoint"
    (place / "checkpoint.json").unlink()
    capsys.readouterr()
    assert main(["export", str(result.folder)]) == 0
    missing = f"no checkpoint: {place}/checkpoint.json does not exist"
    assert capsys.readouterr().err == f"{missing}; the one before it, of step 5, is used\n"
    (place / "previous.json").unlink()
    assert main(["export", str(result.folder)]) == 2
    assert capsys.readouterr().err == f"limn: {missing}\n"
    assert main(["resume", str(result.folder)]) == 0
    assert (result.folder / "drawing.svg").read_bytes() == drawing
