from pipelines.config.paths import InputPath, OutputPath
from pipelines.config.reading import read_config
from pipelines.config.recipe import RECIPES
from pipelines.config.run_config import RunConfig
from pipelines.config.terms import Losses, Scheduled
from pipelines.loop.callback import Callback
from pipelines.loop.optimise import Result, Settings, optimise
from pipelines.runs.execute import export, prepare, resume, run
from pipelines.task.objective import build_objective
from pipelines.task.task import Task

__all__ = [
    "RECIPES",
    "Callback",
    "InputPath",
    "Losses",
    "OutputPath",
    "Result",
    "RunConfig",
    "Scheduled",
    "Settings",
    "Task",
    "build_objective",
    "export",
    "optimise",
    "prepare",
    "read_config",
    "resume",
    "run",
]
