"""What is sound: small configs of every pipeline, small models, and the folders of runs that went well."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mesh_files import every_format

from fuzzing.case import Bases
from fuzzing.models import rich_models
from fuzzing.stop import Stop
from pipelines import read_config, run
from pipelines.cli.listing import REGISTRIES
from pipelines.cli.main import main
from pipelines.config.shipped import shipped_pipelines

SMALL: dict[str, Any] = {
    **{"steps": 1, "size": 16, "best_of": 1, "num_augs": 0, "eval_every": 1, "preview_size": 16, "output": "outputs"},
    **{"video": {"formats": []}, "augment": ["perspective"], "losses": {"grey": {"loss": "saturation"}}},
}
OWN: dict[str, dict[str, Any]] = {
    "sketch": {"strokes": 2, "mask": "none", "learning_rates": {}},
    "draw": {"strokes": 2},
    "illustrate": {"paths": 2, "segments": 2, "start": "random", "learning_rates": {}},
    "vectorise": {"paths": 2, "segments": 3, "start": "random", "batches": None, "learning_rates": {}},
    "lettering": {"points": 8, "learning_rates": {}},
    "fit_mesh": {"views": 2, "views_per_step": 1, "detail": 1, "parameters": ["vertex_colours"], "learning_rates": {}},
    "stylise_mesh": {"parameters": ["vertex_colours"], "cameras": {"dreamfusion": {"count": 1}}},
}
"""Recipe -> what makes it quick."""

SOLID = {"texture_size": 16, "eval_views": 1, "model": "model.glb"}


def small_configs() -> dict[str, dict[str, Any]]:
    """Every shipped pipeline with all its settings, as quick as can be."""
    found = {}
    for name, file in shipped_pipelines().items():
        config = read_config(file)
        solid = SOLID if "texture_size" in type(config).model_fields else {}
        data = config.model_dump(mode="json", by_alias=True)
        found[name] = data | {"import_from": []} | SMALL | OWN.get(config.recipe, {}) | solid
    return found


def models(folder: Path) -> dict[str, dict[str, bytes]]:
    """Small models in every format, each with the files that belong to it."""
    every_format(folder)
    alone = {"quad.glb": ["quad.glb"], "quad.ply": ["quad.ply"], "quad.stl": ["quad.stl"]}
    several = {"quad.obj": ["quad.obj", "quad.mtl", "quad.png"], "quad.gltf": ["quad.gltf", "quad.bin"]}
    read = {model: {name: (folder / name).read_bytes() for name in names} for model, names in (alone | several).items()}
    return read | rich_models()


def warm_up(folder: Path) -> Bases:
    """Imports all that commands need, compiles kernels, and makes the bases in a folder."""
    for place in REGISTRIES.values():
        importlib.import_module(place.partition(":")[0])
    configs, solids = small_configs(), models(folder)
    (folder / "model.glb").write_bytes(solids["quad.glb"]["quad.glb"])
    with contextlib.chdir(folder), _quiet():
        made = {
            "pixels": _finished(configs["imagine"]),
            "sketch": _finished(configs["sketch"] | {"best_of": 2, "prune": []}),
            "mesh": _finished(configs["stylise_mesh"]),
            "interrupted": _interrupted(configs["draw"]),
        }
        words = {"loss": "text_similarity"}
        _finished(configs["edit"] | {"losses": {"words": words}, "num_augs": 1})
        assert main(["evaluate", "model.glb", "encoder=pocket", "views=1", "classes=[a cat, a dog]"]) == 0
    return Bases(configs, made, solids)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


def _finished(config: Mapping[str, Any]) -> dict[str, bytes]:
    folder = run(config).folder
    assert folder is not None
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def _interrupted(config: Mapping[str, Any]) -> dict[str, bytes]:
    """A run that someone stopped at its second of three steps."""
    losses = config["losses"] | {"stop": {"loss": "fuzzing.stop:Stop"}}
    files = _finished({**config, "steps": 3, "checkpoint_every": 1, "losses": losses})
    Stop.armed = False
    return files
