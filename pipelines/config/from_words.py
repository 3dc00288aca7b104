"""From words: settings of whatever is made from words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import ValidationInfo

from guidance.distillation.auto import AUTO
from pipelines.config.names import PriorName
from pipelines.config.preset import PresetConfig, Terms
from pipelines.config.prompts import PromptText, Templates


class FromWordsConfig(PresetConfig):
    """Settings of whatever is made from words."""

    main: ClassVar[str] = "prompt"

    prompt: PromptText
    """What to make: "a red apple", weighted phrases such as "a red apple:1 | blurry:-0.3", or a file of phrases such as
    ``words.txt``, one a line."""
    templates: Templates = ("{}",)
    """Sentences that the phrases are put into; their embeddings are averaged. By name: ``imagenet``, ``imagenet_best``,
    or ``imagenet:7`` for the 7 whose texts agree best."""
    by: Literal["clip", "distillation", "both"] = "distillation"
    """Where gradients come from: an encoder (``clip``), a prior (``distillation``), or both. ``losses`` of one's own
    replace these; terms that name no ``loss`` change those of the same name: ``losses.prior.samples=8``."""
    prior: PriorName = AUTO
    """The prior: ``exemplars``, ``exemplars:<folder>``, ``pocket``, ``local-dir:<folder>`` with a diffusers pipeline,
    or one on the hub; ``auto`` takes ``pocket`` for combinations and backgrounds, else ``exemplars``."""

    beside: ClassVar[float] = 0.03
    """Weight of an encoder beside a prior: a tenth changes nothing, and by itself a small encoder draws no forms."""

    @classmethod
    def settled(cls, data: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
        """With the prior that ``auto`` stands for."""
        if "prior" in cls.preset(data) and data.get("prior", cls.model_fields["prior"].default) == AUTO:
            prompts = [data[key] for key in ("prompt", "source_prompt") if data.get(key)]
            return {**data, "prior": cls.choose_prior(info)(*prompts)}
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


def of_exemplars(prior: str, **settings: Any) -> dict[str, Any]:
    """Settings that suit exemplars, and nothing for other priors, which have other options."""
    return settings if prior.partition(":")[0] == "exemplars" else {}
