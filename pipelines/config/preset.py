"""Presets: the losses that a config stands for, unless it names its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationInfo, model_validator

from pipelines.config.prompts import with_phrases
from pipelines.config.run_config import RunConfig

Terms = dict[str, dict[str, Any]]


class PresetConfig(RunConfig):
    """Settings of a recipe with losses of its own.

    ``losses`` of a config replace them; terms that name no ``loss`` change those of the same name:
    ``losses.style.weight=2``.
    """

    @model_validator(mode="before")
    @classmethod
    def _take_preset(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, Mapping):
            return data
        data = with_phrases(data, info)
        if changes(cls.preset(data), data.get("losses")):
            data = cls.settled(data, info)
            return {**data, "losses": changed(cls.preset(data), data.get("losses"))}
        return data

    @classmethod
    def settled(cls, data: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
        """A config with the losses of its preset, before it was validated, in which what is left open is chosen."""
        return data

    @classmethod
    @abstractmethod
    def preset(cls, data: Mapping[str, Any]) -> Terms:
        """The losses that a config stands for, before it was validated."""


def changes(preset: Terms, given: Any) -> bool:
    """Whether the losses that a config gives change those of a preset: none of them names its ``loss``."""
    return isinstance(given or {}, Mapping) and all(
        name in preset and isinstance(term, Mapping) and "loss" not in term for name, term in (given or {}).items()
    )


def changed(preset: Terms, given: Any) -> Any:
    """The losses of a config: its own, or a preset's with its changes."""
    if not changes(preset, given):
        return given
    return {name: term | dict((given or {}).get(name, {})) for name, term in preset.items()}
