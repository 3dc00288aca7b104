"""Which encoders a run is optimised against."""

from __future__ import annotations

from collections.abc import Iterator

from guidance import LOSSES
from guidance.distillation.load import PRIORS
from guidance.encoders.augmented import AugmentedEncoder
from limn.signature import arguments_of
from pipelines.config.given import first_encoder, given_type
from pipelines.config.run_config import RunConfig
from pipelines.config.stages import StagedConfig
from pipelines.config.terms import Term


def optimised_against(config: RunConfig) -> dict[str, str]:
    """The encoders that a run looked at its pictures with, and the settings that say so: name -> dotted key."""
    found: dict[str, str] = {}
    stages: dict[str, RunConfig] = {"": config}
    if isinstance(config, StagedConfig) and config.stages:
        stages = {name: config.stage(name) for name in config.stages}
    for name, stage in stages.items():
        for encoder, key in _of_stage(stage):
            found.setdefault(encoder, f"stages.{name}.{key}" if name else key)
    return found


def _of_stage(config: RunConfig) -> Iterator[tuple[str, str]]:
    for name, term in config.losses.items():
        if (term.weight.first, term.weight.last) != (0.0, 0.0):
            yield from ((encoder, f"losses.{name}") for encoder in _of_term(config, term))
    if config.judge == "clip":
        yield config.encoder, "best"
    if any(moment.by == "clip" for moment in config.prune):
        yield config.encoder, "prune"


def _of_term(config: RunConfig, term: Term) -> Iterator[str]:
    """Those of its arguments, of its prior, and of what chooses among noises."""
    arguments = arguments_of(LOSSES.find(term.loss))
    first = first_encoder(arguments)
    for name, argument in arguments.items():
        if given_type(argument) is AugmentedEncoder:
            given = getattr(term, "encoder" if name == first else name, None)
            choices = given if isinstance(given, list) else [given]
            for choice in choices:
                yield (choice if isinstance(choice, str) else getattr(choice, "encoder", None)) or config.encoder
    prior = getattr(term, "prior", None)
    if isinstance(prior, str) and (entry := prior.partition(":")[0]) in PRIORS.names():
        asked = arguments_of(PRIORS.find(entry)).get("encoder")
        options = getattr(term, "prior_options", None) or {}
        encoder = options.get("encoder", asked.default) if asked is not None else ""
        if isinstance(encoder, str) and encoder:
            yield encoder
    reward = getattr(term, "reward", None)
    if reward is not None:
        yield reward.judge
