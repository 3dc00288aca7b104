from pipelines.build import build_objective
from pipelines.callback import Callback
from pipelines.config import RunConfig
from pipelines.driver import export, prepare, resume, run
from pipelines.optimise import Result, Settings, optimise
from pipelines.paths import InputPath, OutputPath
from pipelines.reading import read_config
from pipelines.recipe import RECIPES, Prepared
from pipelines.terms import Losses, Scheduled

__all__ = [
    "RECIPES",
    "Callback",
    "InputPath",
    "Losses",
    "OutputPath",
    "Prepared",
    "Result",
    "RunConfig",
    "Scheduled",
    "Settings",
    "build_objective",
    "export",
    "optimise",
    "prepare",
    "read_config",
    "resume",
    "run",
]
