from pipelines.recipes.draw import DrawConfig, draw
from pipelines.recipes.fit_mesh import FitMeshConfig, fit_mesh
from pipelines.recipes.illustrate import IllustrateConfig, illustrate
from pipelines.recipes.lettering import LetteringConfig, lettering
from pipelines.recipes.sketch import SketchConfig, sketch
from pipelines.recipes.stylise_mesh import StyliseMeshConfig, stylise_mesh

__all__ = [
    "DrawConfig",
    "FitMeshConfig",
    "IllustrateConfig",
    "LetteringConfig",
    "SketchConfig",
    "StyliseMeshConfig",
    "draw",
    "fit_mesh",
    "illustrate",
    "lettering",
    "sketch",
    "stylise_mesh",
]
