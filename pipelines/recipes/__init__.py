from pipelines.recipes.draw import DrawConfig, draw
from pipelines.recipes.edit import EditConfig, edit
from pipelines.recipes.fit_mesh import FitMeshConfig, fit_mesh
from pipelines.recipes.illustrate import IllustrateConfig, illustrate
from pipelines.recipes.imagine import ImagineConfig, imagine
from pipelines.recipes.lettering import LetteringConfig, lettering
from pipelines.recipes.sketch import SketchConfig, sketch
from pipelines.recipes.stylise_mesh import StyliseMeshConfig, stylise_mesh

__all__ = [
    "DrawConfig",
    "EditConfig",
    "FitMeshConfig",
    "IllustrateConfig",
    "ImagineConfig",
    "LetteringConfig",
    "SketchConfig",
    "StyliseMeshConfig",
    "draw",
    "edit",
    "fit_mesh",
    "illustrate",
    "imagine",
    "lettering",
    "sketch",
    "stylise_mesh",
]
