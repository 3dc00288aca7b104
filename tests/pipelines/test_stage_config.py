"""Stages in YAML: what each takes over and what is its own, what is refused and where, and runs made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pixels import Pixels
from torch import nn

from limn.errors import InputError
from limn.schedule import Schedule
from limn.source import Definition, definition
from pipelines import (
    InputPath,
    Result,
    Stage,
    Task,
    build,
    build_objective,
    execute,
    export,
    read_config,
    run,
)
from pipelines.cli.arguments import settings_of
from pipelines.config.from_words import FromWordsConfig
from pipelines.config.keys import _check_section
from pipelines.config.overrides import override
from pipelines.config.stages import StagedConfig
from pipelines.config.yaml import dump_yaml
from pipelines.inputs.pictures import fit, read_picture
from pipelines.loop.callbacks import read_metrics
from pipelines.task.stages import staged

HERE = Path(__file__).parent


class CopyConfig(StagedConfig):
    """Settings of a picture that is copied in stages."""

    target: InputPath
    """The picture to come near to."""


def copy(config: CopyConfig) -> list[Stage]:
    """A picture is copied in stages."""

    def stage(own: CopyConfig, before: Result | None) -> Task:
        target = fit(read_picture(own.target), own.shape())
        start = target.mul(0).expand(own.best_of, -1, -1, -1)
        if before is not None:
            start = nn.functional.interpolate(before.renderer.render().rgb[:, 0].detach(), (own.size, own.size))
        return Task(Pixels(start), lambda: build_objective(own, target=target))

    def made(name: str, own: CopyConfig, settings: Any) -> Stage:
        return Stage(name, lambda before: stage(own, before), settings, own)

    return [made(*parts) for parts in staged(config)]


class WordsConfig(StagedConfig, FromWordsConfig):
    """Settings of what is made from words in stages."""


def words(config: WordsConfig) -> list[Stage]:
    """Nothing, from words."""
    return []


@pytest.fixture
def in_stages(settings: dict[str, Any]) -> dict[str, Any]:
    """A picture copied by 12 steps at 8 pixels and by 10 at 16."""
    kept = {key: settings[key] for key in ("output", "import_from", "losses", "best_of", "seed", "target", "video")}
    stages: dict[str, Any] = {
        "coarse": {"steps": 12, "size": 16, "learning_rates": {"colours": 0.1}},
        "fine": {"losses": {"near": {"noise": 0.0}}},
    }
    return kept | {"recipe": "test_stage_config:copy", "name": "stages", "size": 32, "steps": 10, "stages": stages}


def words_config(**changes: Any) -> dict[str, Any]:
    return {
        "recipe": "test_stage_config:words",
        "import_from": [str(HERE)],
        "prompt": "an apple",
        "losses": {"prior": {"samples": 3}},
        "stages": {"first": None, "second": {}},
    } | changes


def configs(data: dict[str, Any]) -> dict[str, Any]:
    return {name: config for name, config, _ in staged(read_config(data))}  # type: ignore[type-var]


def test_a_stage_has_the_settings_of_the_run_but_its_own(in_stages: dict[str, Any]) -> None:
    config = read_config(in_stages)
    assert isinstance(config, CopyConfig | StagedConfig)
    (coarse, one, few), (fine, other, many) = staged(config)
    assert (coarse, fine) == ("coarse", "fine")
    assert (one.size, other.size, few.steps, many.steps) == (16, 32, 12, 10)
    assert few.learning_rates == {"colours": Schedule.model_validate(0.1)}
    assert many.learning_rates == {}
    assert [dict(own.losses["near"])["noise"] for own in (one, other)] == [0.05, 0.0]
    assert {own.seed for own in (one, other)} == {config.seed}
    assert not one.stages


def test_a_config_without_stages_is_one(in_stages: dict[str, Any]) -> None:
    del in_stages["stages"]
    config = read_config(in_stages)
    assert isinstance(config, StagedConfig)
    ((name, own, settings),) = staged(config)
    assert (name, own, settings.steps) == ("", config, 10)
    assert [stage.name for stage in build(config)] == [""]


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (None, {"prior": 3}),
        ({"prior": {"samples": 2}}, {"prior": 2}),
        ({"prior": {"samples": 2}, "near": {"loss": "text_similarity"}}, {"prior": 2, "near": None}),
        ({"near": {"loss": "text_similarity"}}, {"near": None}),
    ],
)
def test_losses_of_a_stage(losses: Any, expected: dict[str, Any]) -> None:
    own = {} if losses is None else {"losses": losses}
    found = configs(words_config(stages={"first": None, "second": own}))
    assert {name: dict(term).get("samples") for name, term in found["second"].losses.items()} == expected
    assert {name: dict(term).get("samples") for name, term in found["first"].losses.items()} == {"prior": 3}


def test_a_preset_follows_what_a_stage_changes() -> None:
    data = words_config(stages={"first": None, "second": {"by": "clip"}})
    del data["losses"]
    found = configs(data)
    assert [list(config.losses) for config in found.values()] == [["prior"], ["clip"]]
    config = read_config(data)
    again = read_config(yaml.safe_load(dump_yaml(config)))
    assert dump_yaml(again) == dump_yaml(config)
    assert again == config


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"prior": "pocket", "losses": {"prior": {"weight": 2.0}}}, ("prior", "distillation", "pocket")),
        ({"by": "clip", "losses": {"clip": {"weight": 2.0}}}, ("clip", "text_similarity", None)),
    ],
)
def test_changes_are_those_of_the_preset_of_the_stage(own: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = configs(words_config(losses={"prior": {"weight": 3.0}}, stages={"one": own}))["one"].losses
    ((name, term),) = found.items()
    assert (name, term.loss, getattr(term, "prior", None)) == expected
    assert term.weight.first == 2.0


WRONG = [
    ({"stages": {"fine": {"stepss": 3}}}, "stages.fine: unknown key 'stepss'; did you mean 'steps'?"),
    ({"stages": {"fine": {"seed": 3}}}, "stages.fine: 'seed' is a setting of the whole run"),
    (
        {"stages": {"fine": {"losses": {"x": {"loss": "pixels", "wieght": 1}}}}},
        "stages.fine.losses.x: unknown key 'wieght'",
    ),
    ({"stages": {"fine": {"prune": {"zz": 1}}}}, "stages.fine.prune: unknown key 'zz'"),
    ({"stages": {"fine": {"steps": "few"}}}, "stages.fine.steps: expected an integer, got 'few'"),
    ({"stages": {"fine": {"losses": {"near": {"noise": "x"}}}}}, "stages.fine.losses.near: noise: expected a number"),
    ({"stages": {"fine": {"target": "nowhere.png"}}}, "stages.fine.target: no such file: nowhere.png"),
    ({"stages": {"fine": {"best": "clip"}}}, "stages.fine: best: clip compares pictures with a prompt"),
    ({"stages": {"fine": 3}}, "stages.fine: expected a mapping, got 3"),
    ({"stages": [1]}, "stages: expected a mapping, got [1]"),
    ({"stages": {"a/b": {}}}, "expected text that matches"),
    ({"stages": {"": {}}}, "expected text that matches"),
    ({"steps": "few", "stages": {"fine": {}}}, "config: steps: expected an integer, got 'few'"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_what_is_wrong_in_a_stage_is_said_with_its_place(
    in_stages: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_config(in_stages | changes)
    assert message in str(caught.value)


@pytest.mark.parametrize(("changes", "message"), WRONG[:4])
def test_the_source_gives_the_same_answer(changes: dict[str, Any], message: str) -> None:
    found = definition("test_stage_config", "CopyConfig")
    assert isinstance(found, Definition)
    with pytest.raises(InputError) as caught:
        _check_section(found, changes, "", "")
    assert str(caught.value).startswith(message)


def test_a_command_line_reaches_into_a_stage(in_stages: dict[str, Any]) -> None:
    words = ["stages.fine.steps=7", "stages.coarse.losses.near.noise=0.5", "stages.coarse.target=7", "stages.more={}"]
    for key, value in settings_of(words):
        override(in_stages, key, value, CopyConfig)
    stages = in_stages["stages"]
    assert stages["fine"]["steps"] == 7
    assert stages["coarse"]["losses"] == {"near": {"noise": 0.5}}
    assert stages["coarse"]["target"] == "7"
    assert stages["more"] == {}
    with pytest.raises(InputError, match=r"no stage 'fien'; did you mean 'fine'\?"):
        override(in_stages, "stages.fien.steps", 3, CopyConfig)
    with pytest.raises(InputError, match="the config has no stages"):
        override({}, "stages.fine.steps", 3, CopyConfig)


def test_the_schema_knows_stages() -> None:
    own = CopyConfig.model_json_schema(by_alias=True)["properties"]["stages"]["additionalProperties"]
    assert "target" in own["properties"]
    assert "seed" not in own["properties"]
    assert own["additionalProperties"] is False
    assert "required" not in own


def test_a_run_of_stages(in_stages: dict[str, Any]) -> None:
    in_stages["stages"]["fine"]["prune"] = {"at": 0.5, "keep": 1}
    in_stages["stages"]["coarse"]["best"] = "last"
    result = run(in_stages)
    assert result.folder is not None
    assert result.started == 2
    assert len(result.candidate_ids) == 1
    for name, steps in (("coarse", 12), ("fine", 10)):
        lines = read_metrics(result.folder / "stages" / name / "metrics.jsonl")
        assert [line["step"] for line in lines] == list(range(steps + 1))
        left = [sum(value is not None for value in line["eval_loss"]) for line in lines if "eval_loss" in line]
        assert left == {"coarse": [2, 2, 2], "fine": [2, 1]}[name]
    before = (result.folder / "drawing.png").read_bytes()
    assert export(result.folder)
    assert execute(result.folder).artefacts == result.artefacts
    assert (result.folder / "drawing.png").read_bytes() == before
    written = yaml.safe_load((result.folder / "config.yaml").read_text())
    assert list(written["stages"]["coarse"]) == ["steps", "size", "learning_rates", "best"]
    assert dump_yaml(read_config(result.folder / "config.yaml")) == (result.folder / "config.yaml").read_text()
