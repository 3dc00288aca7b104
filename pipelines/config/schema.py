"""JSON schema of configs: what editors complete and check YAML with."""

from __future__ import annotations

from typing import Any

from guidance import LOSSES
from pipelines.config.recipe import RECIPES, config_of
from pipelines.config.terms import PLACEHOLDER, term_model


def schema(recipe: str | None = None) -> dict[str, Any]:
    """The schema of one recipe's config, or of any config.

    Args:
        recipe: its name; all recipes when None.

    Raises:
        InputError: no such recipe.
    """
    names = RECIPES.names() if recipe is None else [recipe]
    definitions: dict[str, Any] = {"Term": _terms()}
    for name in names:
        model = config_of(RECIPES.find(name)).model_json_schema(by_alias=True)
        model["properties"]["recipe"] = {"const": name, "description": "What to make."}
        definitions[name] = _with_terms(model)
    for term in definitions["Term"]["anyOf"]:
        definitions |= term.pop("$defs", {})
    for name in names:
        definitions |= definitions[name].pop("$defs", {})
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Limn config"}
    refs = [{"$ref": f"#/$defs/{name}"} for name in names]
    return head | (refs[0] if len(refs) == 1 else {"oneOf": refs}) | {"$defs": definitions}


def _with_terms(schema: Any) -> Any:
    """Puts a reference to the definition of a term wherever the config has one."""
    if schema == PLACEHOLDER:
        return {"$ref": "#/$defs/Term"}
    if isinstance(schema, dict):
        return {key: _with_terms(value) for key, value in schema.items()}
    return [_with_terms(value) for value in schema] if isinstance(schema, list) else schema


def _terms() -> dict[str, Any]:
    own = {
        "title": "a loss of one's own",
        "type": "object",
        "properties": {"loss": {"type": "string", "pattern": r"^[\w.]+:\w+$"}},
        "required": ["loss"],
    }
    return {"anyOf": [*(term_model(name).model_json_schema(by_alias=True) for name in LOSSES.names()), own]}
