"""``limn list``: the pipelines, and the parts that configs choose by name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from limn.registry import Registry
from pipelines.cli.arguments import exactly
from pipelines.config.shipped import shipped_pipelines, summary_of

REGISTRIES = {
    "recipes": "pipelines.config.recipe:RECIPES",
    "losses": "guidance.loss:LOSSES",
    "augmentations": "guidance.augment.kinds:AUGMENTATIONS",
    "templates": "guidance.templates:TEMPLATES",
    "encoders": "guidance.encoders.loading:ENCODERS",
    "priors": "guidance.distillation.load:PRIORS",
    "score distillation variants": "guidance.distillation.variants.registry:VARIANTS",
    "renderers": "renderers.registry:RENDERERS",
    "parameterisations": "renderers.mesh.parameters.parameterisation:PARAMETERISATIONS",
    "cameras": "limn.cameras.sampling:CAMERAS",
    "lights": "renderers.scene.light_samplers:LIGHTS",
    "backgrounds": "renderers.scene.backgrounds:BACKGROUNDS",
    "shadings": "renderers.scene.shading:SHADINGS",
    "measures": "pipelines.evaluate.measure:MEASURES",
    "launchers": "pipelines.batch.launchers.launcher:LAUNCHERS",
    "report sections": "pipelines.report.sections:SECTIONS",
}
"""Title -> where the registry is."""


def list_parts(rest: list[str]) -> None:
    """Prints every pipeline and every registered part with a line that says what it is."""
    exactly(rest, "list")
    _table("pipelines", {name: summary_of(file) for name, file in shipped_pipelines().items()})
    for title, place in REGISTRIES.items():
        module, _, name = place.partition(":")
        registry: Registry[Any] = getattr(importlib.import_module(module), name)
        _table(title, {entry: registry.summary(entry) for entry in registry.names()})


def _table(title: str, rows: Mapping[str, str]) -> None:
    print(f"{title}:")
    for name, text in rows.items():
        print(f"  {name:24}{text}")
    print()
