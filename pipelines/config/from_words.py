"""Presets: the losses of what is made from words, unless a config names its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import ValidationInfo, model_validator

from guidance.distillation.auto import AUTO
from pipelines.config.names import PriorName
from pipelines.config.run_config import RunConfig

Terms = dict[str, dict[str, Any]]


class FromWordsConfig(RunConfig):
    """Settings of whatever is made from words."""

    main: ClassVar[str] = "prompt"

    prompt: str
    """What to make: "a red apple", or weighted phrases such as "a red apple:1 | blurry:-0.3"."""
    templates: tuple[str, ...] = ("{}",)
    """Sentences that the phrases are put into; their embeddings are averaged."""
    by: Literal["clip", "distillation", "both"] = "distillation"
    """Where gradients come from: an encoder (``clip``), a prior (``distillation``), or both. ``losses`` of one's own
    replace these; terms that name no ``loss`` change those of the same name: ``losses.prior.samples=8``."""
    prior: PriorName = AUTO
    """The prior: ``exemplars``, ``exemplars:<folder>``, ``pocket``, ``local-dir:<folder>`` with a diffusers pipeline,
    or one on the hub; ``auto`` takes ``pocket`` for combinations and backgrounds, else ``exemplars``."""

    beside: ClassVar[float] = 0.03
    """Weight of an encoder beside a prior: a tenth changes nothing, and by itself a small encoder draws no forms."""

    @model_validator(mode="before")
    @classmethod
    def _take_preset(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, Mapping):
            return data
        preset, given = cls.preset(data), data.get("losses")
        if changes(preset, given):
            if "prior" in preset and data.get("prior", cls.model_fields["prior"].default) == AUTO:
                prompts = [data[key] for key in ("prompt", "source_prompt") if data.get(key)]
                data = {**data, "prior": cls.choose_prior(info)(*prompts)}
                preset = cls.preset(data)
            return {**data, "losses": changed(preset, given)}
        return data

    @classmethod
    def preset(cls, data: Mapping[str, Any]) -> Terms:
        """The losses that a config stands for, before it was validated."""
        prior = str(data.get("prior", cls.model_fields["prior"].default))
        by = data.get("by", cls.model_fields["by"].default)
        terms: Terms = {}
        if by != "clip":
            terms["prior"] = {"loss": "distillation", "prior": prior}
        if by == "clip":
            terms["clip"] = {"loss": "text_similarity"}
        elif by == "both":
            terms["clip"] = {"loss": "text_similarity", "weight": cls.beside}
        return terms


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


def of_exemplars(prior: str, **settings: Any) -> dict[str, Any]:
    """Settings that suit exemplars, and nothing for other priors, which have other options."""
    return settings if prior.partition(":")[0] == "exemplars" else {}
