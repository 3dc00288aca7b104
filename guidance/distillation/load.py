"""load_prior: from a name in a config to a prior, once per process."""

from __future__ import annotations

import inspect
import json
from functools import cache
from typing import Any, Literal

from guidance.distillation.exemplars.prior import ExemplarPrior
from guidance.distillation.prior import Prior
from limn.errors import InputError
from limn.registry import suggestion

Precision = Literal["auto", "float32", "bfloat16"]

EXEMPLARS, POCKET = "exemplars", "pocket"


def load_prior(name: str, device: str = "cpu", precision: Precision = "auto", **options: Any) -> Prior:
    """Loads a prior; the same arguments give the same object.

    Args:
        name: ``exemplars`` (the shipped world), ``exemplars:<folder or .safetensors file>``, ``pocket`` (our own
            denoiser), ``local-dir:<folder>`` with a diffusers pipeline, or one on the hub ("org/name").
        device: where it computes, as torch names it.
        precision: of a learned prior; ``auto`` takes bfloat16 where the hardware is fast at it.
        options: further arguments of the prior, see `ExemplarPrior`.

    Raises:
        InputError: no such prior, an option that it does not take, a package that is missing, files that cannot be read
            or fetched.
    """
    return _load(name, str(device), precision, json.dumps(options, sort_keys=True))


@cache
def _load(name: str, device: str, precision: Precision, options: str) -> Prior:
    arguments = json.loads(options)
    kind, _, place = name.partition(":")
    if kind == EXEMPLARS:
        _check(name, arguments, ExemplarPrior, ("place", "device"))
        return ExemplarPrior(place, device=device, **arguments)
    if name == POCKET:
        from guidance.pocket.prior import load_pocket_prior

        _check(name, arguments, load_pocket_prior, ("device", "precision"))
        return load_pocket_prior(device, precision)
    if kind != "local-dir" and "/" not in name:
        known = f"{EXEMPLARS}, {EXEMPLARS}:<folder>, {POCKET}, local-dir:<folder>, or org/name on the hub"
        raise InputError(f"unknown prior {name!r}; known: {known}")
    from guidance.distillation.diffusion.load import load_pipeline

    _check(name, arguments, load_pipeline, ("name", "device", "precision"))
    return load_pipeline(name, device, precision, **arguments)


def _check(name: str, arguments: dict[str, Any], makes: Any, given: tuple[str, ...]) -> None:
    known = [parameter for parameter in inspect.signature(makes).parameters if parameter not in given]
    for option in arguments:
        if option not in known:
            hint = suggestion(option, known) if known else "; it has none"
            raise InputError(f"prior {name!r} has no option {option!r}{hint}")
