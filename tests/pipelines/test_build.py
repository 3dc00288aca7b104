from __future__ import annotations

from pathlib import Path
from typing import Any

import pixels
import pytest
import torch

from guidance import LOSSES
from guidance.prompt import Prompt
from limn.errors import InputError
from limn.frames import Frames
from limn.local_modules import importing_from
from limn.schedule import Schedule
from limn.step import Step
from pipelines import build_objective, read_config
from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.schema import schema
from pipelines.config.terms import term_model


def objective_of(settings: dict[str, Any], losses: Any, **given: Any) -> Any:
    config = read_config(settings | {"losses": losses, "encoder": "pocket"})
    return build_objective(config, **given)


def test_arguments_weights_and_targets_reach_the_loss(settings: dict[str, Any]) -> None:
    target = torch.zeros(1, 3, 16, 16)
    weight = {"from": 1, "to": 0, "shape": "cosine"}
    terms = {"one": {"loss": "pixels:Near", "weight": weight, "noise": 0.25}, "two": {"loss": "pixels:Near"}}
    objective = objective_of(settings, terms, target=target)
    assert objective.names == ["one", "two"]
    assert objective.losses[0].noise == 0.25
    assert objective.losses[1].noise == 0.05
    assert objective.losses[0].target is target
    assert objective.weights == [Schedule.model_validate(weight), Schedule.model_validate(1.0)]


def test_a_list_of_terms_gets_names(settings: dict[str, Any]) -> None:
    terms = [{"loss": "pixels:Near"}, {"loss": "pixels:Slow", "seconds": 0.0}, {"loss": "pixels:Near"}]
    assert objective_of(settings, terms, target=torch.zeros(1, 3, 16, 16)).names == ["Near", "Slow", "Near_2"]


def test_a_term_has_its_own_target(settings: dict[str, Any], target: Path) -> None:
    objective = objective_of(settings, {"near": {"loss": "pixels:Near", "target": str(target)}})
    assert objective.losses[0].target.shape == (1, 3, 16, 16)


def test_terms_that_look_alike_share_their_view(settings: dict[str, Any]) -> None:
    terms = {
        "one": {"loss": "text_similarity"},
        "two": {"loss": "text_similarity", "prompt": "a blue square"},
        "three": {"loss": "text_similarity", "num_augs": 1},
        "four": {"loss": "text_similarity", "augment": ["noise"]},
        "five": {"loss": "text_similarity", "augment": ["noise"]},
    }
    objective = objective_of(settings, terms, prompt=Prompt.parse("a red circle"))
    one, two, three, four, five = (loss.encoder for loss in objective.losses)
    assert one is two
    assert four is five
    assert len({id(view) for view in (one, three, four)}) == 3
    assert one.encoder is three.encoder


TWO = """
from torch import Tensor

from guidance import AugmentedEncoder, Loss, Prompt
from guidance.losses import text_similarity


class Agreement(Loss):
    \"\"\"What two encoders and a jury of more agree on.\"\"\"

    def __init__(
        self, encoder: AugmentedEncoder, second: AugmentedEncoder, prompt: Prompt, jury: list[AugmentedEncoder]
    ) -> None:
        super().__init__()
        self.all = [encoder, second, *jury]
        self.prompt = prompt

    def forward(self, frames, step):
        values = [
            text_similarity(e(frames, step).embedding, self.prompt.embed(e.encoder), self.prompt.weights)
            for e in self.all
        ]
        return sum(values) / len(values)
"""


def test_a_loss_takes_two_encoders_and_a_list(settings: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(TWO)
    settings = settings | {"import_from": [str(tmp_path), *settings["import_from"]]}
    second = {"encoder": "pocket-judge", "num_augs": 2, "include_clean": False}
    term = {"loss": "two:Agreement", "prompt": "a cat", "num_augs": 1, "second": second}
    with importing_from([tmp_path]):
        objective = objective_of(settings, {"agreement": term | {"jury": ["pocket", {"augment": ["noise"]}]}})
        first, other, *jury = objective.losses[0].all
        assert (first.encoder.name, first.num_augs, first.include_clean) == ("pocket", 1, True)
        assert (other.encoder.name, other.num_augs, other.include_clean) == ("pocket-judge", 2, False)
        assert [e.encoder.name for e in jury] == ["pocket", "pocket"]
        rgb = torch.rand(2, 1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
        objective(Frames(rgb, torch.ones(2, 1, 1, 64, 64)), Step(0, 10)).total().sum().backward()
        assert rgb.grad is not None
        alike = objective_of(settings, {"agreement": term | {"second": "pocket-judge"}}).losses[0].all
        assert alike[1].encoder.name == "pocket-judge"
        assert len(alike) == 3
        for wrong, line in {
            "pocket-jugde": "unknown encoder 'pocket-jugde'; did you mean 'pocket-judge'",
            "bad": "unknown encoder 'bad'",
        }.items():
            with pytest.raises(InputError, match=line):
                objective_of(settings, {"agreement": term | {"second": wrong}})
        with pytest.raises(InputError, match=r"second: unknown key 'num_aug'; did you mean 'num_augs'"):
            objective_of(settings, {"agreement": term | {"second": {"num_aug": 1}}})


def test_regions_reach_any_loss(settings: dict[str, Any], target: Path) -> None:
    picture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    terms = {"half": {"loss": "pixels", "region": [0, 0, 0.5, 1]}, "mask": {"loss": "pixels", "region": str(target)}}
    objective = objective_of(settings, terms, target=picture)
    rgb = torch.zeros(1, 1, 3, 16, 16).requires_grad_()
    values = objective(Frames(rgb, torch.ones(1, 1, 1, 16, 16)), Step(0, 1)).values
    torch.testing.assert_close(values["half"], picture[..., :8].square().mean().view(1))
    values["half"].backward()
    assert rgb.grad is not None
    assert not rgb.grad[..., 8:].any()
    with pytest.raises(InputError, match=r"region: expected \[left, top, right, bottom\]"):
        objective_of(settings, {"none": {"loss": "pixels", "region": [0, 0, 0, 1]}}, target=picture)


def test_a_fixed_target_is_the_picture_of_a_channel(settings: dict[str, Any], target: Path) -> None:
    terms = {"outline": {"loss": "pixels", "channel": "silhouette", "target": str(target)}}
    objective = objective_of(settings, terms, parts={})
    alpha = torch.ones(1, 1, 1, 16, 16)
    (value,) = objective(Frames(torch.zeros(1, 1, 3, 16, 16), alpha), Step(0, 1)).values.values()
    wanted = objective.losses[0].loss.target.fixed_picture()
    torch.testing.assert_close(value, (1.0 - wanted).square().mean().view(1))


def test_what_a_loss_refuses_is_said_with_its_name(settings: dict[str, Any]) -> None:
    terms = {"features": {"loss": "layer_features", "layers": {"layer9": 1}}}
    with pytest.raises(InputError, match=r"^losses\.features: .*layer9"):
        objective_of(settings, terms, target=torch.zeros(1, 3, 16, 16))


def test_a_default_term_can_be_changed_alone(settings: dict[str, Any]) -> None:
    config = read_config(settings, [("losses.near.weight", 0.5)])
    assert config.losses["near"].weight == Schedule.model_validate(0.5)
    listed = settings | {"losses": [{"loss": "pixels:Near", "noise": 0.3}]}
    config = read_config(listed, [("losses.0.weight", 0.5)])
    assert config.losses["Near"].model_dump() == {"loss": "pixels:Near", "weight": 0.5, "noise": 0.3} | {
        "poison": -1,
        "cured": 1 << 30,
    }


def test_numbers_are_those_of_yaml_1_2(settings: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "n.yaml"
    file.write_text(
        f"recipe: pixels:pixels\ntarget: {settings['target']}\nlearning_rates: {{colours: 1e-3, bias: +2E+1}}\n"
    )
    found = read_config(file).learning_rates
    assert [found["colours"].first, found["bias"].first] == [0.001, 20.0]


def test_files_are_sought_here_and_beside_the_config(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "n.yaml"
    file.write_text("recipe: pixels:pixels\ntarget: target.png\n")
    assert read_config(file).model_dump()["target"] == tmp_path / "target.png"
    here = tmp_path / "here"
    here.mkdir()
    (here / "target.png").write_bytes((tmp_path / "target.png").read_bytes())
    monkeypatch.chdir(here)
    assert read_config(file).model_dump()["target"] == here / "target.png"


def test_a_recipe_of_another_shape_is_refused() -> None:
    for recipe in (lambda config: None, pixels.Near, len):
        with pytest.raises(InputError, match="a recipe takes a config"):
            config_of(recipe)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", LOSSES.names())
def test_every_loss_has_a_model_with_descriptions(name: str) -> None:
    properties = term_model(name).model_json_schema()["properties"]
    own = properties.keys() - {"loss", "weight", "encoder", "augment", "num_augs", "target", "prompt"}
    assert all(properties[key].get("description") for key in own), properties


def test_the_schema_covers_every_recipe_and_loss() -> None:
    whole = schema()
    names = RECIPES.names()
    assert {"sketch", "draw"} <= set(names)
    assert whole["oneOf"] == [{"$ref": f"#/$defs/{name}"} for name in names]
    for name in names:
        fields = config_of(RECIPES.find(name)).model_fields
        assert whole["$defs"][name]["properties"].keys() == fields.keys()
        assert whole["$defs"][name]["additionalProperties"] is False
        assert all("description" in entry or "$ref" in entry for entry in whole["$defs"][name]["properties"].values())
        mapping, listed = whole["$defs"][name]["properties"]["losses"]["anyOf"]
        assert mapping["additionalProperties"] == listed["items"] == {"$ref": "#/$defs/Term"}
    known = [term["properties"]["loss"].get("const") for term in whole["$defs"]["Term"]["anyOf"]]
    assert known == [*LOSSES.names(), None]
    assert schema("sketch")["$ref"] == "#/$defs/sketch"


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    whole = schema()

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(reference := part.get("$ref"), str):
                assert reference.removeprefix("#/$defs/") in whole["$defs"], reference
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(whole)
