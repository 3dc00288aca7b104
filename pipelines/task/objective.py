"""From the terms of a config to an objective."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from guidance import LOSSES
from guidance.augment import Augmentations
from guidance.channels import ChannelLoss, channel_of
from guidance.encoders import load_encoder
from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.objective import Objective
from guidance.prompt import Prompt
from guidance.reference import Reference
from limn.errors import InputError
from limn.registry import suggestion
from pipelines.config.run_config import RunConfig
from pipelines.config.terms import GIVEN, Term, parameters_of
from pipelines.inputs.pictures import read_picture, square


def build_objective(
    config: RunConfig,
    target: Tensor | None = None,
    prompt: Prompt | None = None,
    reference: Reference | None = None,
    parts: Mapping[str, Tensor] | None = None,
) -> Objective:
    """Makes every loss of a config and weighs it.

    Parameters of a loss's constructor that are called ``view``, ``target``, ``prompt``, ``reference``, ``device`` and
    ``precision`` are given here, unless its term says otherwise; losses that look through the same encoder and
    augmentation share one `AugmentedEncoder`.

    Args:
        config: its ``losses``, ``encoder`` and ``augment`` are read.
        target: the picture to look like [1, 3, H, W] in 0..1, where the recipe has one.
        prompt: the words to look like, where the recipe has them.
        reference: what each view should show or showed at the start, where the recipe has that.
        parts: faces by the name of a part, bool [F], where the recipe draws models.

    Raises:
        InputError: a loss asks for something that neither its term nor the recipe gives, or refuses its arguments.
    """
    givens = _Givens(config, target, prompt, reference, parts)
    losses: dict[str, Loss] = {}
    for name, term in config.losses.items():
        try:
            losses[name] = _build(term, givens)
        except InputError as error:
            raise InputError(f"losses.{name}: {error}") from error
    return Objective(losses, {name: term.weight for name, term in config.losses.items()})


def _build(term: Term, givens: _Givens) -> Loss:
    loss = LOSSES.find(term.loss)
    arguments: dict[str, Any] = {}
    for name, parameter in parameters_of(loss).items():
        if name not in GIVEN:
            arguments[name] = getattr(term, name)
            continue
        value = getattr(givens, name)(term)
        if value is None and parameter.default is parameter.empty:
            raise InputError(f"{term.loss} needs a {name}, which this recipe has not; give it one here: {name}: ...")
        arguments[name] = value
    made: Loss = loss(**arguments)
    part = givens.part(term)
    return made if term.channel == "rgb" and part is None else ChannelLoss(made, term.channel, part)


class _Givens:
    """What terms are given: their own where they name one, else the recipe's."""

    def __init__(
        self,
        config: RunConfig,
        target: Tensor | None,
        prompt: Prompt | None,
        reference: Reference | None,
        parts: Mapping[str, Tensor] | None,
    ) -> None:
        self._config, self._target, self._prompt = config, target, prompt
        self._reference, self._parts = reference, parts
        self._views: dict[str, AugmentedEncoder] = {}

    def view(self, term: Term) -> AugmentedEncoder:
        own = {key: getattr(term, key) for key in GIVEN["view"]}
        name = own["encoder"] or self._config.encoder
        augment = self._config.augment if own["augment"] is None else own["augment"]
        num_augs = self._config.num_augs if own["num_augs"] is None else own["num_augs"]
        include_clean = own["include_clean"] is not False
        # A size belongs to the encoder that it was given with.
        size = self._config.encoder_size if own["encoder"] is None else None
        key = json.dumps([name, size, augment, num_augs, include_clean])
        if key not in self._views:
            encoder = load_encoder(name, str(self._config.torch_device()), self._config.precision, size)
            self._views[key] = AugmentedEncoder(encoder, Augmentations(augment), num_augs, include_clean)
        return self._views[key]

    def part(self, term: Term) -> Tensor | None:
        if self._parts is None and (term.channel != "rgb" or term.part is not None):
            raise InputError("channel and part are for models; this recipe draws flat pictures")
        if term.part is None or self._parts is None:
            return None
        if term.part not in self._parts:
            known = f"; parts: {', '.join(self._parts)}" if self._parts else "; the config has no parts"
            raise InputError(f"part: no part {term.part!r}{suggestion(term.part, self._parts) or known}")
        return self._parts[term.part]

    def reference(self, term: Term) -> Reference | None:
        reference, channel, part = self._reference, term.channel, self.part(term)
        if reference is None or (channel == "rgb" and part is None):
            return reference
        return lambda frames, step: channel_of(reference(frames, step), step, channel, part)

    def device(self, term: Term) -> str:
        return str(self._config.torch_device())

    def precision(self, term: Term) -> str:
        return self._config.precision

    def target(self, term: Term) -> Tensor | None:
        path = getattr(term, "target", None)
        if path is None:
            return self._target
        return square(read_picture(path), self._config.size).to(self._config.torch_device())

    def prompt(self, term: Term) -> Prompt | None:
        words = getattr(term, "prompt", None)
        return self._prompt if words is None else Prompt.parse(words)
