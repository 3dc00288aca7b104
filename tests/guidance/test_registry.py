from __future__ import annotations

from pathlib import Path

import pytest
import torch

from guidance import Registry, Step
from limn.errors import InputError


@pytest.fixture
def registry() -> Registry[type]:
    made: Registry[type] = Registry("loss")
    made.register("pixels")(int)
    made.register("layer_features")(float)
    return made


def test_finds_by_name(registry: Registry[type]) -> None:
    assert registry.find("pixels") is int
    assert registry.names() == ["layer_features", "pixels"]


def test_finds_what_a_module_has(registry: Registry[type], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "losses_of_mine.py").write_text("class Warmth: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert registry.find("losses_of_mine:Warmth").__name__ == "Warmth"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pixel", "unknown loss 'pixel'; did you mean 'pixels'?"),
        ("zzz", "unknown loss 'zzz'; known: layer_features, pixels"),
        ("no_such_module:Warmth", "loss 'no_such_module:Warmth' cannot be imported: "),
        ("pathlib:Pathh", "loss 'pathlib:Pathh' cannot be imported: "),
    ],
)
def test_says_what_is_wrong(registry: Registry[type], name: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        registry.find(name)
    assert str(caught.value).startswith(message)


def test_a_name_is_taken_once(registry: Registry[type]) -> None:
    with pytest.raises(ValueError, match="registered twice"):
        registry.register("pixels")(int)


def test_a_step_draws_the_same_again() -> None:
    first, again, other = (
        torch.rand(3, generator=step.generator(stream))
        for step, stream in ((Step(1, 5), "a"), (Step(1, 5), "a"), (Step(1, 5), "b"))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert Step(4, 5).progress == 1.0
    assert Step(0, 1).progress == 0.0


def test_a_step_shares_what_was_made() -> None:
    made: list[int] = []
    step = Step(0, 5)
    assert step.share("key", lambda: made.append(1) or 7) == 7
    assert step.share("key", lambda: made.append(1) or 8) == 7
    assert made == [1]
