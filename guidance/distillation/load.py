"""load_prior: from a name in a config to a prior."""

from __future__ import annotations

from typing import Any

from guidance.compute import Precision
from guidance.distillation.exemplars.models import ModelLibraries
from guidance.distillation.prior import Prior
from limn.loaders import Loaders
from limn.settings import checked

PRIORS: Loaders[Prior] = Loaders(
    "prior",
    {
        "exemplars": "guidance.distillation.exemplars.prior:ExemplarPrior",
        "pocket": "guidance.pocket.prior.load:load_pocket_prior",
        "local-dir": "guidance.distillation.diffusion.load:local_dir",
        "hf-hub": "guidance.distillation.diffusion.load:hf_hub",
    },
    fallback="hf-hub",
    kept=4,
)
"""Functions and classes that load a prior, by name; see `Loaders` for what an entry is."""


def load_prior(
    name: str,
    device: str = "cpu",
    precision: Precision = "auto",
    models: ModelLibraries | None = None,
    **options: Any,
) -> Prior:
    """Loads a prior; the same arguments give the same object, of the four that were asked for last.

    Args:
        name: one of `PRIORS`, such as ``exemplars`` (the shipped world), ``exemplars:<folder or .safetensors file>``,
            ``pocket`` (our own denoiser) or ``local-dir:<folder>`` with a diffusers pipeline; or a pipeline on the hub
            ("org/name").
        device: where it computes, as torch names it.
        precision: of a learned prior; ``auto`` takes bfloat16 where the hardware is fast at it.
        models: opens libraries of models, for ``exemplars:<place>`` where that is one.
        options: further arguments of the entry, see `ExemplarPrior` and `ModelPrior`.

    Raises:
        InputError: no such prior, an option that it does not take, a package that is missing, files that cannot be read
            or fetched.
    """
    entry, _, place = name.partition(":")
    library = models.open(place) if models is not None and entry == "exemplars" and place else None
    if library is not None:
        from guidance.distillation.exemplars.model_prior import ModelPrior

        settings = checked(ModelPrior, options, f"prior {name!r}", ("library", "device"))
        return ModelPrior(library, device=str(device), **settings)
    return PRIORS.load(name, str(device), precision, options)
