from __future__ import annotations

from pathlib import Path
from typing import Any

import pixels
import pytest
import torch

from guidance import LOSSES
from guidance.prompt import Prompt
from limn.errors import InputError
from limn.schedule import Schedule
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
    one, two, three, four, five = (loss.view for loss in objective.losses)
    assert one is two
    assert four is five
    assert len({id(view) for view in (one, three, four)}) == 3
    assert one.encoder is three.encoder


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
    file.write_text(f"recipe: pixels\ntarget: {settings['target']}\nlearning_rates: {{colours: 1e-3, bias: -2E+1}}\n")
    rates = read_config(file).learning_rates
    assert [rates["colours"].first, rates["bias"].first] == [0.001, -20.0]


def test_files_are_sought_here_and_beside_the_config(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "n.yaml"
    file.write_text("recipe: pixels\ntarget: target.png\n")
    assert read_config(file).model_dump()["target"] == tmp_path / "target.png"
    here = tmp_path / "here"
    here.mkdir()
    (here / "target.png").write_bytes((tmp_path / "target.png").read_bytes())
    monkeypatch.chdir(here)
    assert read_config(file).model_dump()["target"] == here / "target.png"


def test_a_recipe_of_another_shape_is_refused() -> None:
    for recipe in (lambda config: None, pixels.Near, len):
        with pytest.raises(InputError, match="a recipe takes one argument"):
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
