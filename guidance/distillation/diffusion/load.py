"""load_pipeline: from a folder or a hub name to a prior, or one line that says what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from guidance.compute import Precision
from guidance.distillation.diffusion.families import FAMILIES
from guidance.distillation.diffusion.prior import PipelinePrior
from guidance.distillation.load import PRIORS
from guidance.encoders.hub import silent
from guidance.encoders.precision import fast_dtype
from limn.errors import InputError
from limn.ranges import InputSize
from limn.registry import suggestion

INDEX = "model_index.json"
LEFT_OUT = ("safety_checker", "feature_extractor", "image_encoder", "watermarker")
"""Components that distillation has no use for."""


def local_dir(
    place: str, device: str = "cpu", precision: Precision = "auto", size: InputSize | None = None
) -> PipelinePrior:
    """A text-to-image pipeline of diffusers in a folder: local-dir:FOLDER."""
    return load_pipeline(f"local-dir:{place}", device, precision, size)


def hf_hub(
    place: str, device: str = "cpu", precision: Precision = "auto", size: InputSize | None = None
) -> PipelinePrior:
    """A text-to-image pipeline of diffusers on the hub: OWNER/MODEL."""
    if "/" not in place:
        raise InputError(f"unknown prior {place!r}{suggestion(place, PRIORS.names())}")
    return load_pipeline(place, device, precision, size)


def load_pipeline(name: str, device: str, precision: str, size: int | None = None) -> PipelinePrior:
    """Loads a text-to-image pipeline of diffusers; nothing of it is unpickled.

    Args:
        name: ``local-dir:<folder>``, or "org/name" on the hub.
        device: of denoiser and VAE.
        precision: ``float32``, ``bfloat16``, or ``auto`` for bfloat16 where the hardware is fast at it.
        size: height and width of pictures in pixels; the pipeline's own by default.

    Raises:
        InputError: diffusers or transformers is not installed, no such folder, a family that is not known, damaged
            files, or no network to fetch them.
    """
    try:
        import diffusers
        from diffusers.utils import logging as diffusers_logging
        from transformers.utils import logging as transformers_logging
    except ImportError as error:
        missing = error.name or "diffusers"
        raise InputError(f"prior {name!r} needs {missing}: pip install 'limn[distillation]'") from error
    dtype = fast_dtype(device) if precision == "auto" else getattr(torch, precision)
    kind, _, folder = name.partition(":")
    local = kind == "local-dir"
    place = str(_folder(name, folder)) if local else name
    with silent(not local, diffusers_logging, transformers_logging) as offline:
        try:
            index = dict(diffusers.DiffusionPipeline.load_config(place, local_files_only=offline))
        except Exception as error:  # whatever a damaged file or a missing network raises, of many libraries
            raise InputError(_unavailable(name, local, error)) from error
        family = index.get("_class_name", "")
        if family not in FAMILIES:
            raise InputError(f"prior {name!r} is a {family!r}, which is not known{suggestion(family, FAMILIES)}")
        unused: dict[str, Any] = {part: None for part in LEFT_OUT if part in index}
        if "requires_safety_checker" in index:
            unused["requires_safety_checker"] = False
        try:
            pipeline = getattr(diffusers, family).from_pretrained(
                place, torch_dtype=dtype, use_safetensors=True, local_files_only=offline, **unused
            )
        except Exception as error:
            raise InputError(_unavailable(name, local, error)) from error
    return PipelinePrior(pipeline, FAMILIES[family], name, device, dtype, size)


def _folder(name: str, folder: str) -> Path:
    path = Path(folder).expanduser()
    if not path.is_dir():
        near = suggestion(path.name, [p.name for p in path.parent.iterdir()]) if path.parent.is_dir() else ""
        raise InputError(f"prior {name!r}: there is no such folder{near}")
    try:
        json.loads((path / INDEX).read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"prior {name!r}: the folder has no readable {INDEX} of a diffusers pipeline") from error
    return path


def _unavailable(name: str, local: bool, error: Exception) -> str:
    lines = str(error).strip().splitlines()
    cause = lines[0][:200] if lines else type(error).__name__
    if local:
        return f"prior {name!r}: files are missing, damaged or do not belong together ({cause})"
    hint = f"without a network, download {name} elsewhere and name its folder: local-dir:<folder>"
    return f"prior {name!r} cannot be fetched; {hint} ({cause})"
