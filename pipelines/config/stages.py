"""Stages in a config: parts of a run, each with settings of its own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    SerializationInfo,
    ValidationError,
    ValidationInfo,
    field_serializer,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from limn.messages import fold
from pipelines.config.paths import FolderName
from pipelines.config.run_config import RunConfig
from pipelines.config.stage_keys import OF_THE_RUN, stage_fault

StageName = Annotated[FolderName, Field(pattern=r"^\w[\w-]*$")]


def _filled(value: Any) -> Any:
    """A stage of which nothing is written has nothing of its own."""
    return {k: {} if v is None else v for k, v in value.items()} if isinstance(value, Mapping) else value


Stages = Annotated[dict[StageName, dict[str, Any]], BeforeValidator(_filled, dict[StageName, dict[str, Any] | None])]


class StagedConfig(RunConfig):
    """Settings of a run that may have stages."""

    stages: Stages = {}
    """Parts of the run by name, one after the other: the settings that each has in place of those of the run, such as
    ``{coarse: {steps: 100, size: 48}, fine: {steps: 50}}``. ``losses`` of a stage replace those of the run; terms that
    name no ``loss`` change those of the same name, and the others stay if all of them do."""

    @model_validator(mode="wrap")
    @classmethod
    def _with_stages(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        config = handler(data)
        if not (isinstance(data, Mapping) and config.stages):
            return config
        stages = {name: _differences(config, name, own, data, info) for name, own in config.stages.items()}
        return config.model_copy(update={"stages": stages})

    def stage(self, name: str) -> Self:
        """The config of a stage, which has none itself."""
        return self.model_copy(update={**self.stages[name], "stages": {}})

    @field_serializer("stages")
    def _dump(self, stages: dict[str, dict[str, Any]], info: SerializationInfo) -> dict[str, Any]:
        def dump(name: str, own: dict[str, Any]) -> Any:
            return self.stage(name).model_dump(mode=info.mode, by_alias=info.by_alias, include=set(own), warnings=False)

        return {name: dump(name, own) for name, own in stages.items()}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made = handler.resolve_ref_schema(handler(schema))
        own = {key: kind for key, kind in made["properties"].items() if key not in OF_THE_RUN}
        stage = {"type": ["object", "null"], "properties": own, "additionalProperties": False}
        made["properties"]["stages"]["additionalProperties"] = stage
        return made


def _differences(config: StagedConfig, name: str, own: Mapping[str, Any], data: Any, info: ValidationInfo) -> Any:
    """The values of a stage that are its own, or follow from those that are.

    Raises:
        PydanticCustomError: something in it is wrong.
    """
    model, place = type(config), ("stages", name)
    fault = stage_fault(own, [field.alias or key for key, field in model.model_fields.items()])
    if fault is not None:
        raise PydanticCustomError("nested", f"{'.'.join(place)}: {fault}")
    merged = {**data, **own, "stages": {}}
    if isinstance(own.get("losses"), Mapping):
        merged["losses"] = _changed(_inherited(config, {**merged, "losses": data.get("losses")}, info), own["losses"])
    try:
        stage = model.model_validate(merged, context=info.context)
    except ValidationError as error:
        raise PydanticCustomError("nested", fold(error, model, merged, place)) from None
    return {
        key: getattr(stage, key)
        for key, field in model.model_fields.items()
        if key not in OF_THE_RUN and ((field.alias or key) in own or getattr(stage, key) != getattr(config, key))
    }


def _inherited(config: StagedConfig, data: Any, info: ValidationInfo) -> Any:
    """The losses of the run as a stage would have them; those of a preset follow its other settings."""
    data = {key: value for key, value in data.items() if (key, value) != ("losses", None)}
    with suppress(ValidationError):  # what is wrong with the stage itself is said where all of it is read
        config = type(config).model_validate(data, context=info.context)
    return config.model_dump(mode="json", include={"losses"}, by_alias=True, warnings=False)["losses"]


def _changed(losses: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The losses of a stage: its own, where those that name no loss are changes of those of the run."""
    changes = {n: t for n, t in own.items() if n in losses and isinstance(t, Mapping) and "loss" not in t}
    return {
        **(losses if len(changes) == len(own) else {}),
        **own,
        **{name: {**losses[name], **term} for name, term in changes.items()},
    }
