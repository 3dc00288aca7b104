"""From the terms of a config to an objective."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import torch
from PIL import ImageOps
from torch import Tensor

from guidance import LOSSES
from guidance.augment import Augmentations
from guidance.channels import ChannelLoss, look_at
from guidance.compute import Compute
from guidance.embedding.expression import Expression
from guidance.encoders import load_encoder
from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss, WeightedSum
from guidance.objective import Objective
from guidance.prompt import Prompt
from guidance.region import Region, RegionPrompt
from guidance.sound import Sound, read_wav
from guidance.target import Target, ViewsAt
from limn.errors import InputError
from limn.pictures import with_longer_side
from limn.registry import suggestion
from limn.signature import Argument, arguments_of
from pipelines.config.given import KEYS, EncoderConfig, TargetConfig, first_encoder, given_type, is_list
from pipelines.config.run_config import RunConfig
from pipelines.config.targets import pictures_in
from pipelines.config.terms import Term
from pipelines.inputs.films import FILMS, read_film
from pipelines.inputs.mask import read_mask
from pipelines.inputs.model_libraries import Libraries
from pipelines.inputs.pictures import fit, read_picture
from pipelines.task.start import once_in_run

logger = logging.getLogger("limn")


def build_objective(
    config: RunConfig,
    target: Target | Tensor | None = None,
    prompt: Prompt | None = None,
    parts: Mapping[str, Tensor] | None = None,
) -> Objective:
    """Makes every loss of a config and weighs it.

    Arguments of a loss's constructor whose type is one of `pipelines.config.given.GIVEN_TYPES` are given here, unless
    its term sets them; losses that look through the same encoder and augmentation share one `AugmentedEncoder`.

    Args:
        config: its ``losses``, ``encoder`` and ``augment`` are read.
        target: what to look like, where the recipe has it; a picture [1, 3, H, W] in 0..1, or a `Target`.
        prompt: the words to look like, where the recipe has them.
        parts: faces by the name of a part, bool [F], where the recipe draws models.

    Raises:
        InputError: a loss asks for something that neither its term nor the recipe gives, or refuses its arguments.
    """
    givens = _Givens(config, Target(target) if isinstance(target, Tensor) else target, prompt, parts)
    if not config.losses:
        raise InputError("losses is empty; expected one at least, like losses: {near: {loss: pixels}}")
    if all(term.weight.first == term.weight.last == 0 for term in config.losses.values()):
        raise InputError("losses: every weight is 0")
    losses: dict[str, Loss] = {}
    for name, term in config.losses.items():
        try:
            losses[name] = _build(term, givens)
        except InputError as error:
            raise InputError(f"losses.{name}: {error}") from error
    return Objective(losses, {name: term.weight for name, term in config.losses.items()})


def _build(term: Term, givens: _Givens) -> Loss:
    """A loss, or the weighted sum of one for each picture that its term names."""
    known = arguments_of(LOSSES.find(term.loss))
    pictures = {
        name: getattr(term, name)
        for name, kind in known.items()
        if given_type(kind) in (Target, Tensor) and not is_list(kind)
    }
    choices = [
        dict(zip(pictures, chosen, strict=True)) for chosen in product(*(own or [None] for own in pictures.values()))
    ]
    weights = [math.prod(own.weight for own in choice.values() if own is not None) for choice in choices]
    losses = [_build_one(term, known, givens, choice) for choice in choices]
    return losses[0] if weights == [1.0] else WeightedSum(losses, weights)


def _build_one(
    term: Term, known: dict[str, Argument], givens: _Givens, pictures: dict[str, TargetConfig | None]
) -> Loss:
    loss = LOSSES.find(term.loss)
    guided = any(given_type(argument) is Region for argument in known.values())
    look = givens.look(term, guided)
    arguments: dict[str, Any] = {}
    for name, argument in known.items():
        given = given_type(argument)
        if given is None:
            arguments[name] = getattr(term, name)
            continue
        if name in pictures:
            value = givens.target(given, term, pictures[name], look, guided)
        else:
            value = givens.give(given, term, argument, name == first_encoder(known))
        if value is None and argument.default is not ...:
            value = argument.default
        elif value is None:
            raise InputError(f"{term.loss} needs a {name}, which this recipe has not; give it one here: {name}: ...")
        arguments[name] = value
    made: Loss = loss(**arguments)
    if "_modules" not in vars(made):
        raise InputError(f"the constructor of {type(made).__name__} does not call super().__init__()")
    return made if look is None else ChannelLoss(made, look)


class _Givens:
    """What terms are given: their own where they name one, else the recipe's."""

    def __init__(
        self,
        config: RunConfig,
        target: Target | None,
        prompt: Prompt | None,
        parts: Mapping[str, Tensor] | None,
    ) -> None:
        self._config, self._target, self._prompt, self._parts = config, target, prompt, parts
        seen = None if target is None else target.picture
        self._shape = config.shape() if seen is None else (seen.shape[-2], seen.shape[-1])
        self._encoders: dict[str, AugmentedEncoder] = {}
        self._looks: dict[str, ViewsAt] = {}

    def give(self, kind: type, term: Term, argument: Argument, first: bool) -> Any:
        """What an argument of a type is given, None where there is nothing."""
        own = getattr(term, argument.name, None)
        if kind is AugmentedEncoder and is_list(argument):
            return [self._encoder(choice) for choice in own or [EncoderConfig()]]
        if kind is AugmentedEncoder:
            flat = {key: getattr(term, key) for key in KEYS[AugmentedEncoder]} if first else {}
            return self._encoder(EncoderConfig(**flat) if first else own or EncoderConfig())
        if kind is Expression:
            return None if own is None else Expression(own, once_in_run)
        if kind is Prompt:
            return self._prompt if own is None else Prompt.parse(own)
        if kind is Target:
            return [Target(self._picture(path)) for place in own or [] for path in _files(place, argument.name)]
        if kind is RegionPrompt:
            return [RegionPrompt(self._region(one.region), Prompt.parse(one.prompt)) for one in own or []]
        if kind is Compute:
            return Compute(str(self._device), self._config.precision)
        if kind is Sound:
            return read_wav(getattr(term, argument.name))
        if kind is Region:
            return None if term.region is None else self._region(term.region)
        return Libraries()

    def target(
        self, kind: type, term: Term, own: TargetConfig | None, look: ViewsAt | None, guided: bool
    ) -> Target | Tensor | None:
        """What a term compares with: its own picture or what the recipe has; None where there is nothing.

        Args:
            kind: `Target`, or ``Tensor`` for its picture.
            term: of the config.
            own: a picture that it names.
            look: what of the scene it looks at.
            guided: whether its loss weighs positions itself. Such a loss compares statistics, and its own picture keeps
                its proportions; others compare place by place, and it becomes as large as the canvas.
        """
        target = self._target if own is None else self._own(own, guided)
        if target is None:
            return None
        if target.fixed and term.region is not None:  # a picture has no other channels and no parts
            region = self._region(term.region)
            if not guided:
                target = target.through(look_at(region=region))
            elif own is None:
                target = target.counting(region.guide(*self._shape))
        elif not target.fixed and look is not None:
            target = target.through(look)
        return target.fixed_picture() if kind is Tensor else target

    def look(self, term: Term, guided: bool) -> ViewsAt | None:
        """What of the scene a term looks at, None for the whole picture; one object for terms that look alike."""
        part, region = self._part(term), None if guided else term.region
        if term.channel == "rgb" and part is None and region is None:
            return None
        key = json.dumps([term.channel, term.part, str(region)])
        if key not in self._looks:
            self._looks[key] = look_at(term.channel, part, None if region is None else self._region(region))
        return self._looks[key]

    @property
    def _device(self) -> torch.device:
        return self._config.torch_device()

    def _encoder(self, choice: EncoderConfig) -> AugmentedEncoder:
        config = self._config
        name = choice.encoder or config.encoder
        augment = config.augment if choice.augment is None else choice.augment
        num_augs = config.num_augs if choice.num_augs is None else choice.num_augs
        include_clean = choice.include_clean is not False
        # The size of the run belongs to its encoder.
        size = choice.encoder_size or (config.encoder_size if choice.encoder is None else None)
        smoothing = config.smoothing if choice.smoothing is None else choice.smoothing
        key = json.dumps([name, size, augment, num_augs, include_clean, smoothing])
        if key not in self._encoders:
            encoder = load_encoder(name, str(self._device), config.precision, size)
            look = Augmentations(augment), num_augs, include_clean, smoothing
            self._encoders[key] = AugmentedEncoder(encoder, *look)
        return self._encoders[key]

    def _part(self, term: Term) -> Tensor | None:
        if self._parts is None and (term.channel != "rgb" or term.part is not None):
            raise InputError("channel and part are for models; this recipe draws flat pictures")
        if term.part is None or self._parts is None:
            return None
        if term.part not in self._parts:
            known = f"; parts: {', '.join(self._parts)}" if self._parts else "; the config has no parts"
            raise InputError(f"part: no part {term.part!r}{suggestion(term.part, self._parts) or known}")
        return self._parts[term.part]

    def _region(self, region: tuple[float, float, float, float] | Path) -> Region:
        if isinstance(region, tuple):
            return Region(region)
        return Region.of_mask(self._picture(region).mean(dim=1, keepdim=True))

    def _own(self, own: TargetConfig, keep: bool) -> Target:
        if own.picture.suffix.lower() in FILMS:
            if own.mask is not None:
                raise InputError(f"target: a mask is for a picture; {own.picture.name} is a film")
            return Target(film=read_film(own.picture, self._shape).to(self._device))
        picture = read_picture(own.picture)
        shape = with_longer_side((picture.height, picture.width), max(self._shape)) if keep else self._shape
        weight = None
        if own.mask is not None:
            mask, told = read_mask(own.mask, picture.size)
            if told:
                logger.info("mask %s: %s", own.mask.name, told)
            weight = 1.0 - fit(ImageOps.invert(mask), shape)[:, :1].to(self._device)
        return Target(fit(picture, shape).to(self._device), weight=weight)

    def _picture(self, path: Path) -> Tensor:
        return fit(read_picture(path), self._shape).to(self._device)


def _files(place: Path, key: str) -> list[Path]:
    return pictures_in(place, key) if place.is_dir() else [place]
